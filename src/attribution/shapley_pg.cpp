// Binding of the models of counted paths that need no chain.

#include <string_view>

#include "attribution/shapley.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"

namespace attribution = marketing::attribution;
namespace postgres = marketing::postgres;

using attribution::PathCountsView;
using attribution::PathCredit;
using postgres::Bytes;

MARKETING_ROWS(shapley_credit, in, rows)
{
    const auto paths = in.optional<Bytes>("path_counts");
    if (!paths) {
        return;
    }
    const auto game = in.choice("game", attribution::find_game);
    const auto credits =
        postgres::run_kernel([&] { return attribution::shapley_credit(PathCountsView(*paths), game, postgres::stop_flag()); });
    for (const PathCredit& credit : credits) {
        rows.row(postgres::only_if(credit.attributed, credit.key), postgres::only_if(credit.position > 0, credit.position),
                 credit.conversions, credit.value);
    }
}

MARKETING_ROWS(removal_credit, in, rows)
{
    const auto paths = in.optional<Bytes>("path_counts");
    if (!paths) {
        return;
    }
    const auto credits =
        postgres::run_kernel([&] { return attribution::removal_credit(PathCountsView(*paths), postgres::stop_flag()); });
    for (const PathCredit& credit : credits) {
        rows.row(postgres::only_if(credit.attributed, credit.key), credit.conversions, credit.value);
    }
}

MARKETING_ROWS(path_credit, in, rows)
{
    const auto paths = in.optional<Bytes>("path_counts");
    if (!paths) {
        return;
    }
    for (const std::string_view model : in.array<std::string_view>("models", postgres::NullElements::left_out)) {
        const auto credits = postgres::run_kernel([&] {
            return attribution::path_credit(PathCountsView(*paths), attribution::find_path_model(model), postgres::stop_flag());
        });
        for (const PathCredit& credit : credits) {
            rows.row(model, postgres::only_if(credit.attributed, credit.key), credit.conversions, credit.value);
        }
    }
}

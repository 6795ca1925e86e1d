// Binding of the models of counted paths that need no chain.

#include <string_view>

#include "attribution/shapley.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"

namespace attribution = marketing::attribution;
namespace postgres = marketing::postgres;

using attribution::PathCountsView;
using attribution::PathCredit;

MARKETING_ROWS_OF(shapley_credit, path_counts, in, rows)
{
    const auto game = in.choice("game", attribution::find_game);
    const auto credits = postgres::run_kernel(
        [&] { return attribution::shapley_credit(PathCountsView(path_counts), game, postgres::stop_flag()); });
    for (const PathCredit& credit : credits) {
        rows.row(postgres::only_if(credit.attributed, credit.key), postgres::only_if(credit.position > 0, credit.position),
                 credit.conversions, credit.value);
    }
}

MARKETING_ROWS_OF(removal_credit, path_counts, in, rows)
{
    const auto credits =
        postgres::run_kernel([&] { return attribution::removal_credit(PathCountsView(path_counts), postgres::stop_flag()); });
    for (const PathCredit& credit : credits) {
        rows.row(postgres::only_if(credit.attributed, credit.key), credit.conversions, credit.value);
    }
}

MARKETING_ROWS_OF(path_credit, path_counts, in, rows)
{
    for (const std::string_view model : in.array<std::string_view>("models", postgres::NullElements::left_out)) {
        const auto credits = postgres::run_kernel([&] {
            return attribution::path_credit(PathCountsView(path_counts), attribution::find_path_model(model),
                                            postgres::stop_flag());
        });
        for (const PathCredit& credit : credits) {
            rows.row(model, postgres::only_if(credit.attributed, credit.key), credit.conversions, credit.value);
        }
    }
}

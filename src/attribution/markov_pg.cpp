// Binding of the Markov models of counted paths.

#include <cstdint>

#include "attribution/markov.hpp"
#include "attribution/transitions_pg.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"

namespace attribution = marketing::attribution;
namespace postgres = marketing::postgres;

using attribution::PathCountsView;

MARKETING_ROWS_OF(markov_credit, path_counts, in, rows)
{
    const auto asked = in.optional<std::int32_t>("order");
    const bool use_non_converting = in.get<bool>("use_nulls");
    const int order = asked ? *asked : postgres::run_kernel([&] {
        return attribution::best_markov_order(PathCountsView(path_counts), postgres::stop_flag());
    });
    const auto credits = postgres::run_kernel([&] {
        return attribution::markov_credit(PathCountsView(path_counts),
                                          {.order = order, .use_non_converting = use_non_converting}, postgres::stop_flag());
    });
    for (const attribution::MarkovCredit& credit : credits) {
        rows.row(postgres::only_if(credit.attributed, credit.key), postgres::only_if(credit.attributed, credit.removal_effect),
                 postgres::only_if(credit.attributed, credit.removal_effect_value), credit.conversions, credit.value,
                 credit.base_probability, order);
    }
}

MARKETING_ROWS_OF(markov_transitions, path_counts, in, rows)
{
    const int order = in.get<std::int32_t>("order");
    const bool self_loops = in.get<bool>("self_loops");
    attribution::write_transitions(rows, [&] {
        return attribution::markov_transitions(PathCountsView(path_counts), order, self_loops, postgres::stop_flag());
    });
}

MARKETING_ROWS_OF(markov_order, path_counts, in, rows)
{
    const int max_order = in.get<std::int32_t>("max_order");
    const auto orders = postgres::run_kernel(
        [&] { return attribution::markov_order(PathCountsView(path_counts), max_order, postgres::stop_flag()); });
    for (const attribution::MarkovOrder& rated : orders) {
        rows.row(rated.order, postgres::only_if(rated.rated, rated.auc), postgres::only_if(rated.rated, rated.penalised_auc),
                 rated.best);
    }
}

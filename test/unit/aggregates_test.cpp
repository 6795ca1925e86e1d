#include <gtest/gtest.h>

#include <array>
#include <memory_resource>
#include <set>

#include "attribution/journeys_state.hpp"
#include "attribution/journeys_union.hpp"
#include "attribution/path_counts.hpp"
#include "budget/day_log.hpp"
#include "cohorts/cohort.hpp"
#include "error_of.hpp"
#include "kernel/state.hpp"
#include "lifetime_value/purchases.hpp"
#include "lifetime_value/rows.hpp"
#include "refresh/client_set.hpp"
#include "refresh/daily_rows.hpp"
#include "rfm/rfm_table.hpp"
#include "series/series_state.hpp"

namespace {

using namespace marketing;
using namespace unit_test;

/** One empty state of each aggregate. */
class States : public testing::Test {
protected:
    std::pmr::memory_resource* memory = std::pmr::new_delete_resource();
    attribution::JourneysState journeys{memory};
    attribution::JourneysUnion journeys_union{memory};
    attribution::PathCountsState path_counts{memory};
    lifetime_value::PurchasesState purchases{memory};
    lifetime_value::HistoriesState histories{memory};
    lifetime_value::SpendsState spends{memory};
    budget::DayLog days{memory};
    cohorts::CohortState cohort{memory};
    cohorts::CohortUnion cohort_union{memory};
    refresh::ClientUnion clients{memory};
    refresh::DailyRows rows{memory};
    rfm::RfmState rfm{memory};
    series::SeriesState points{memory};
    std::array<kernel::State*, 13> all{&journeys, &journeys_union, &path_counts, &purchases, &histories, &spends, &days,
                                       &cohort,   &cohort_union,   &clients,     &rows,      &rfm,       &points};
};

TEST_F(States, HaveTagsOfTheirOwn)
{
    std::set<std::uint32_t> tags;
    for (const kernel::State* state : all) {
        tags.insert(state->tag());
    }
    EXPECT_EQ(tags.size(), all.size());
}

TEST_F(States, AreNotJoinedToThoseOfAnotherAggregate)
{
    for (kernel::State* state : all) {
        for (const kernel::State* other : all) {
            if (state->tag() == other->tag()) {
                EXPECT_NO_THROW(state->merge(*other));
            } else {
                EXPECT_EQ(error_of([&] { state->merge(*other); }), ErrorCode::malformed_binary);
            }
        }
    }
}

TEST_F(States, AreNotReadFromBytesOfAnotherAggregateOrVersion)
{
    for (const kernel::State* sender : all) {
        const kernel::FlatValue sent = sender->serialise(*memory, 0);
        const std::span bytes(sent.data, sent.size);
        for (kernel::State* state : all) {
            if (state->tag() == sender->tag()) {
                EXPECT_NO_THROW(state->deserialise(bytes));
            } else {
                EXPECT_EQ(error_of([&] { state->deserialise(bytes); }), ErrorCode::malformed_binary);
            }
        }
        memory->deallocate(sent.data, sent.size, alignof(std::max_align_t));
    }
}

}  // namespace

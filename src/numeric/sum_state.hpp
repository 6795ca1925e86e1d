/** The state of the aggregate analytics.compensated_sum. */
#pragma once

#include <memory_resource>

#include "kernel/state.hpp"
#include "numeric/compensated_sum.hpp"

namespace marketing::numeric {

/** Numbers added up one by one. States are never joined: another order of addition may end in another last digit. */
class SumState final : public kernel::State {
public:
    static constexpr kernel::Format format{"msum", 1, "state of the aggregate compensated_sum"};

    explicit SumState(std::pmr::memory_resource* /*resource*/) noexcept : State(format) {}

    void add(double term) noexcept
    {
        sum_.add(term);
        has_any_ = true;
    }
    [[nodiscard]] bool has_any() const noexcept { return has_any_; }
    /** Throws Error(numeric_range) where the sum is beyond doubles. */
    [[nodiscard]] double value() const { return sum_.value(); }

    void merge(const kernel::State& /*other*/) override { kernel::WireReader::fail("sums are not joined"); }

private:
    void write(kernel::WireWriter& /*out*/) const override {}
    void read(kernel::WireReader& /*in*/) override { kernel::WireReader::fail("sums are not joined"); }

    CompensatedSum sum_;
    bool has_any_ = false;
};

}  // namespace marketing::numeric

#include "customers/purchase.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "error_of.hpp"

namespace {

using namespace marketing::customers;
using namespace unit_test;

TEST(Purchase, MoneyIsFiniteAndCountedInTenThousandths)
{
    EXPECT_EQ(money_units(12.34567), 123'457);
    EXPECT_EQ(error_of([] { (void)money_units(std::nan("")); }), ErrorCode::numeric_range);
    EXPECT_EQ(error_of([] { (void)money_units(1e14); }), ErrorCode::numeric_range);
}

}  // namespace

/** Bindings of the beta distribution. */
#include "postgres/guard.hpp"
#include "postgres/pg.hpp"
#include "statistics/beta.hpp"

MARKETING_FUNCTION(beta_cdf)
{
    const double x = PG_GETARG_FLOAT8(0);
    const double a = PG_GETARG_FLOAT8(1);
    const double b = PG_GETARG_FLOAT8(2);
    double probability = 0;
    marketing::postgres::run_kernel([&] { probability = marketing::statistics::beta_cdf(x, a, b); });
    PG_RETURN_FLOAT8(probability);
}

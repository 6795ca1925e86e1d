#include "numeric/assertions.hpp"

#include <boost/assert.hpp>

#include "kernel/error.hpp"

namespace marketing::numeric {

void assertion_failed()
{
    throw kernel::Error(kernel::ErrorCode::numeric_range, "the numbers are beyond what can be computed with");
}

}  // namespace marketing::numeric

namespace boost {

void assertion_failed(const char* /*expression*/, const char* /*function*/, const char* /*file*/, long /*line*/)
{
    marketing::numeric::assertion_failed();
}
void assertion_failed_msg(const char* /*expression*/, const char* /*message*/, const char* /*function*/, const char* /*file*/,
                          long /*line*/)
{
    marketing::numeric::assertion_failed();
}

}  // namespace boost

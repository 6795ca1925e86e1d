#include "attribution/state_memory_pg.hpp"

#include <limits>
#include <string>

#include "kernel/error.hpp"
#include "postgres/context.hpp"

namespace {

int attribution_memory = 4 * 1024 * 1024;  // kB

}  // namespace

extern "C" {

// The library's settings: this is the only one.
void _PG_init()
{
    DefineCustomIntVariable("pg_marketing.attribution_memory",
                            "The most memory that one group of an aggregate about journeys or paths may take.",
                            "0: no limit. Each worker of a parallel plan may take as much.", &attribution_memory,
                            attribution_memory, 0, MAX_KILOBYTES, PGC_USERSET, GUC_UNIT_KB, nullptr, nullptr, nullptr);
    MarkGUCPrefixReserved("pg_marketing");
    marketing::postgres::hide_our_context();
}
}

namespace marketing::attribution {

CappedResource::CappedResource(MemoryContext context) noexcept
    : ContextResource(context),
      left_(attribution_memory == 0 ? std::numeric_limits<std::size_t>::max() : std::size_t{1024} * attribution_memory),
      limit_(attribution_memory)
{
}

void* CappedResource::do_allocate(std::size_t bytes, std::size_t alignment)
{
    if (bytes > left_) {
        throw kernel::Error(
            kernel::ErrorCode::limit_exceeded, "collecting journeys or paths takes more memory than is allowed",
            "The setting pg_marketing.attribution_memory is " + std::to_string(limit_) + " kB.",
            "Collect by groups of clients, one group after the other, and add up the credits: GROUP BY a bucket of the "
            "client, over rows sorted by it. Or raise the setting.");
    }
    void* const memory = ContextResource::do_allocate(bytes, alignment);
    left_ -= bytes;
    return memory;
}

void CappedResource::do_deallocate(void* pointer, std::size_t bytes, std::size_t alignment)
{
    ContextResource::do_deallocate(pointer, bytes, alignment);
    left_ += bytes;
}

}  // namespace marketing::attribution

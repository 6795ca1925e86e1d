/**
 * States of the aggregates about journeys and paths: like any state, but with a ceiling, since how many touches a statement reads is
 * not known before. The setting pg_marketing.attribution_memory holds for each state, so for each group and each worker.
 */
#pragma once

#include <cstddef>

#include "postgres/memory.hpp"
#include "postgres/pg.hpp"

namespace marketing::attribution {

/** Memory of a context, up to the ceiling in force when it was made; past it throws Error(limit_exceeded). */
class CappedResource final : public postgres::ContextResource {
public:
    explicit CappedResource(MemoryContext context) noexcept;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* pointer, std::size_t bytes, std::size_t alignment) override;

    std::size_t left_;
    int limit_;  // kB
};

}  // namespace marketing::attribution

#include "postgres/memory.hpp"

#include <cstdint>
#include <new>

namespace marketing::postgres {
namespace {

constexpr std::size_t context_alignment = MAXIMUM_ALIGNOF;

}  // namespace

// Over-aligned requests get room for the shift and, just before the aligned block, the pointer that the context gave.
void* ContextResource::do_allocate(std::size_t bytes, std::size_t alignment)
{
    const bool over_aligned = alignment > context_alignment;
    const std::size_t size = over_aligned ? bytes + alignment + sizeof(void*) : bytes;
    if (size < bytes || !AllocHugeSizeIsValid(size)) {
        throw std::bad_alloc();
    }
    void* block = MemoryContextAllocExtended(context_, size == 0 ? 1 : size, MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
    if (block == nullptr) {
        throw std::bad_alloc();
    }
    if (!over_aligned) {
        return block;
    }
    const auto start = reinterpret_cast<std::uintptr_t>(block) + sizeof(void*);
    const auto aligned = (start + alignment - 1) / alignment * alignment;
    reinterpret_cast<void**>(aligned)[-1] = block;
    return reinterpret_cast<void*>(aligned);
}

void ContextResource::do_deallocate(void* pointer, std::size_t /*bytes*/, std::size_t alignment)
{
    pfree(alignment > context_alignment ? static_cast<void**>(pointer)[-1] : pointer);
}

bool ContextResource::do_is_equal(const memory_resource& other) const noexcept
{
    const auto* same = dynamic_cast<const ContextResource*>(&other);
    return same != nullptr && same->context_ == context_;
}

}  // namespace marketing::postgres

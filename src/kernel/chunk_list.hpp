/**
 * A list that only grows, in chunks: nothing is moved when it grows, and no allocation nears 1 GB however long it gets.
 */
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory_resource>
#include <span>
#include <type_traits>
#include <vector>

namespace marketing::kernel {

template <class T>
class ChunkList {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

public:
    explicit ChunkList(std::pmr::memory_resource* resource) : resource_(resource), chunks_(resource) {}
    ChunkList(const ChunkList&) = delete;
    ChunkList& operator=(const ChunkList&) = delete;
    ~ChunkList()
    {
        for (const Chunk& chunk : chunks_) {
            resource_->deallocate(chunk.data, chunk.capacity * sizeof(T), alignof(T));
        }
    }

    void push_back(const T& item)
    {
        if (next_ == end_) {
            add_chunk(1);
        }
        *next_++ = item;
    }

    /** Room for `count` neighbouring items, to be filled by the caller. */
    T* append(std::size_t count)
    {
        if (static_cast<std::size_t>(end_ - next_) < count) {
            add_chunk(count);
        }
        T* const first = next_;
        next_ += count;
        return first;
    }

    [[nodiscard]] std::size_t size() const noexcept
    {
        return full_chunks_size_ + (chunks_.empty() ? 0 : static_cast<std::size_t>(next_ - chunks_.back().data));
    }

    [[nodiscard]] std::size_t chunk_count() const noexcept { return chunks_.size(); }
    [[nodiscard]] std::span<const T> chunk(std::size_t index) const noexcept
    {
        const Chunk& found = chunks_[index];
        const bool last = index + 1 == chunks_.size();
        return {found.data, last ? static_cast<std::size_t>(next_ - found.data) : found.size};
    }

    /** Calls `visit(item)` for each. */
    template <class Visit>
    void for_each(Visit&& visit) const
    {
        for (std::size_t i = 0; i < chunk_count(); ++i) {
            for (const T& item : chunk(i)) {
                visit(item);
            }
        }
    }
    /** Adds copies of all items of `other`. */
    void append(const ChunkList& other)
    {
        other.for_each([this](const T& item) { push_back(item); });
    }
    [[nodiscard]] std::vector<T> to_vector() const
    {
        std::vector<T> items;
        items.reserve(size());
        for (std::size_t i = 0; i < chunk_count(); ++i) {
            items.insert(items.end(), chunk(i).begin(), chunk(i).end());
        }
        return items;
    }

private:
    // Small groups stay small; large ones get chunks that the operating system serves as whole pages.
    static constexpr std::size_t least_bytes = 1024;
    static constexpr std::size_t most_bytes = std::size_t{8} << 20U;

    struct Chunk {
        T* data;
        std::size_t capacity;
        std::size_t size;  // set when the next chunk begins
    };

    void add_chunk(std::size_t count)
    {
        const std::size_t size_before = size();
        const std::size_t wanted = std::clamp(size_before * sizeof(T), least_bytes, most_bytes) / sizeof(T);
        const std::size_t capacity = std::max(wanted, count);
        chunks_.reserve(chunks_.size() + 1 > chunks_.capacity() ? 2 * chunks_.capacity() + 4 : chunks_.capacity());
        T* const data = static_cast<T*>(resource_->allocate(capacity * sizeof(T), alignof(T)));
        if (!chunks_.empty()) {
            chunks_.back().size = static_cast<std::size_t>(next_ - chunks_.back().data);
        }
        full_chunks_size_ = size_before;
        chunks_.push_back({data, capacity, 0});
        next_ = data;
        end_ = data + capacity;
    }

    std::pmr::memory_resource* resource_;
    std::pmr::vector<Chunk> chunks_;
    T* next_ = nullptr;
    T* end_ = nullptr;
    std::size_t full_chunks_size_ = 0;
};

}  // namespace marketing::kernel

#include "refresh/client_set.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <vector>

#include "kernel/wire.hpp"

namespace marketing::refresh {
namespace {

using kernel::FlatValue;
using kernel::WireReader;
using kernel::WireWriter;

constexpr unsigned group_bits = 7;
constexpr std::uint8_t more_follows = 1U << group_bits;

void put_number(WireWriter& out, std::uint64_t number) noexcept
{
    for (; number >= more_follows; number >>= group_bits) {
        out.put(static_cast<std::uint8_t>(number | more_follows));
    }
    out.put(static_cast<std::uint8_t>(number));
}

/** Takes ascending clients to a writer, each as its distance from the one before. */
class SetWriter {
public:
    explicit SetWriter(WireWriter& out) noexcept : out_(out) { client_set_format.write(out); }
    void put(std::uint64_t client) noexcept
    {
        put_number(out_, client - previous_);
        previous_ = client;
    }

private:
    WireWriter& out_;
    std::uint64_t previous_ = 0;
};

/** Calls `take(client)` for each client of a set, ascending. Throws Error(malformed_binary). */
template <class Take>
void each_client(std::span<const std::byte> set, Take take)
{
    WireReader in(set);
    client_set_format.expect(in);
    const std::span<const std::byte> bytes = in.get_array<std::uint8_t>(in.remaining());
    std::uint64_t client = 0;
    std::uint64_t distance = 0;
    unsigned shift = 0;
    bool is_first = true;
    for (const std::byte byte : bytes) {
        const auto group = std::to_integer<std::uint64_t>(byte) & (more_follows - 1U);
        WireReader::require(shift < 63 || (shift == 63 && group <= 1), "a client is out of range");
        distance |= group << shift;
        shift += group_bits;
        if ((std::to_integer<unsigned>(byte) & more_follows) == 0) {
            WireReader::require((is_first || distance > 0) && distance <= std::numeric_limits<std::uint64_t>::max() - client,
                                "its clients are not in order");
            client += distance;
            take(client);
            distance = 0;
            shift = 0;
            is_first = false;
        }
    }
    WireReader::require(shift == 0, WireReader::too_short);
}

}  // namespace

FlatValue make_client_set(std::span<const std::int64_t> clients, std::pmr::memory_resource& result, std::size_t header)
{
    std::vector<std::uint64_t> sorted(clients.begin(), clients.end());
    std::sort(sorted.begin(), sorted.end());
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    return kernel::write_value(result, header, [&sorted](WireWriter& out) {
        SetWriter set(out);
        for (const std::uint64_t client : sorted) {
            set.put(client);
        }
    });
}

ClientUnion::Page& ClientUnion::page_of(std::uint64_t number)
{
    const auto [place, is_new] = places_.try_emplace(static_cast<std::int64_t>(number), nullptr);
    if (is_new) {
        place->second = pages_.append(1);
        *place->second = Page{number, {}};
    }
    return *place->second;
}

void ClientUnion::add(std::span<const std::byte> set)
{
    kernel::poll();
    Page* page = nullptr;
    each_client(set, [this, &page](std::uint64_t client) {
        const std::uint64_t number = client >> page_bits;
        if (page == nullptr || page->number != number) {
            page = &page_of(number);
        }
        const std::uint64_t place = client & ((1U << page_bits) - 1U);
        page->words[place / 64] |= std::uint64_t{1} << (place % 64);
    });
}

void ClientUnion::merge(const kernel::State& state)
{
    state.as<ClientUnion>().pages_.for_each([this](const Page& other) {
        Page& page = page_of(other.number);
        for (std::size_t i = 0; i < page.words.size(); ++i) {
            page.words[i] |= other.words[i];
        }
    });
}

std::int64_t ClientUnion::count() const noexcept
{
    std::int64_t clients = 0;
    pages_.for_each([&clients](const Page& page) {
        for (const std::uint64_t word : page.words) {
            clients += std::popcount(word);
        }
    });
    return clients;
}

bool ClientUnion::contains(std::int64_t client) const
{
    const auto bits = static_cast<std::uint64_t>(client);
    const auto page = places_.find(static_cast<std::int64_t>(bits >> page_bits));
    const std::uint64_t place = bits & ((1U << page_bits) - 1U);
    return page != places_.end() && ((page->second->words[place / 64] >> (place % 64)) & 1U) != 0;
}

FlatValue ClientUnion::finish(std::pmr::memory_resource& result, std::size_t header, const kernel::StopFlag& stop) const
{
    std::vector<const Page*> sorted;
    sorted.reserve(pages_.size());
    pages_.for_each([&sorted](const Page& page) { sorted.push_back(&page); });
    std::sort(sorted.begin(), sorted.end(), [](const Page* a, const Page* b) { return a->number < b->number; });
    stop.poll();
    return kernel::write_value(result, header, [&sorted](WireWriter& out) {
        SetWriter set(out);
        for (const Page* page : sorted) {
            for (std::size_t i = 0; i < page->words.size(); ++i) {
                for (std::uint64_t left = page->words[i]; left != 0; left &= left - 1) {
                    set.put((page->number << page_bits) + 64 * i + static_cast<unsigned>(std::countr_zero(left)));
                }
            }
        }
    });
}

void ClientUnion::write(WireWriter& out) const
{
    out.put(std::uint64_t{pages_.size()});
    pages_.for_each([&out](const Page& page) {
        out.put(page.number);
        out.put_array(std::span<const std::uint64_t>(page.words));
    });
}

void ClientUnion::read(WireReader& in)
{
    const auto count = in.get<std::uint64_t>();
    WireReader::require(count <= in.remaining() / sizeof(Page), WireReader::too_short);
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto number = in.get<std::uint64_t>();
        WireReader::require(number >> (64 - page_bits) == 0, "a client is out of range");
        Page& page = page_of(number);
        for (std::uint64_t& word : page.words) {
            word |= in.get<std::uint64_t>();
        }
    }
}

}  // namespace marketing::refresh

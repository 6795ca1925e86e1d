/**
 * Functions for tests of the bridge: kernels that fail, spin and allocate on demand. Built by `make bridge-test`, never installed.
 */
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/error.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"

extern "C" {
#include "utils/guc.h"
}

namespace kernel = marketing::kernel;
namespace postgres = marketing::postgres;

namespace {

[[noreturn]] void fail(std::string_view kind)
{
    const std::string message = "failed on request: " + std::string(kind);
    const auto error = [&message](kernel::ErrorCode code) { return kernel::Error(code, message, "the detail", "the hint"); };
    if (kind == "invalid_parameter") {
        throw error(kernel::ErrorCode::invalid_parameter);
    }
    if (kind == "numeric_range") {
        throw error(kernel::ErrorCode::numeric_range);
    }
    if (kind == "malformed_binary") {
        throw error(kernel::ErrorCode::malformed_binary);
    }
    if (kind == "limit_exceeded") {
        throw error(kernel::ErrorCode::limit_exceeded);
    }
    if (kind == "data_exception") {
        throw error(kernel::ErrorCode::data_exception);
    }
    if (kind == "long") {
        // Two bytes per letter: a cut at the buffer's end would fall inside one.
        std::string text = "x";
        while (text.size() < 3000) {
            text += "\xD0\xB0";
        }
        throw kernel::Error(kernel::ErrorCode::invalid_parameter, text, text, text);
    }
    if (kind == "std::domain_error") {
        throw std::domain_error(message);
    }
    if (kind == "std::length_error") {
        throw std::length_error(message);
    }
    if (kind == "std::overflow_error") {
        throw std::overflow_error(message);
    }
    if (kind == "std::bad_alloc") {
        throw std::bad_alloc();
    }
    if (kind == "std::logic_error") {
        throw std::logic_error(message);
    }
    if (kind == "int") {
        throw 42;
    }
    throw std::runtime_error(message);
}

}  // namespace

/** fail(kind text): a kernel with live objects of its own, which throws. */
MARKETING_FUNCTION(bridge_fail)
{
    const text* value = PG_GETARG_TEXT_PP(0);
    const char* kind = VARDATA_ANY(value);
    const auto size = static_cast<std::size_t>(VARSIZE_ANY_EXHDR(value));
    postgres::run_kernel([kind, size] {
        const std::vector<std::byte> alive(4096);
        fail({kind, size});
    });
    PG_RETURN_VOID();
}

/** spin(seconds): a kernel that does nothing but poll the stop flag. */
MARKETING_FUNCTION(bridge_spin)
{
    const double seconds = PG_GETARG_FLOAT8(0);
    const kernel::StopFlag stop = postgres::stop_flag();
    std::uint64_t rounds = 0;
    postgres::run_kernel([seconds, stop, &rounds] {
        const std::vector<std::byte> alive(4096);
        const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
        while (std::chrono::steady_clock::now() < end) {
            stop.poll();
            ++rounds;
        }
    });
    PG_RETURN_INT64(static_cast<int64>(rounds));
}

/** allocate(bytes, chunk, aligned): memory of the current context through the memory resource, or of the C++ heap where aligned is 0. */
MARKETING_FUNCTION(bridge_allocate)
{
    const auto bytes = static_cast<std::uint64_t>(PG_GETARG_INT64(0));
    const auto chunk = static_cast<std::uint64_t>(PG_GETARG_INT64(1));
    const auto alignment = static_cast<std::size_t>(PG_GETARG_INT32(2));
    std::uint64_t misaligned = 0;
    postgres::run_kernel([bytes, chunk, alignment, &misaligned] {
        if (alignment == 0) {
            std::vector<std::vector<std::byte>> chunks;
            for (std::uint64_t done = 0; done < bytes; done += chunk) {
                chunks.emplace_back(chunk, std::byte{1});
            }
            return;
        }
        postgres::ContextResource resource(CurrentMemoryContext);
        for (std::uint64_t done = 0; done < bytes; done += chunk) {
            void* block = resource.allocate(chunk, alignment);
            std::memset(block, 1, chunk);
            misaligned += reinterpret_cast<std::uintptr_t>(block) % alignment == 0 ? 0U : 1U;
        }
    });
    PG_RETURN_INT64(static_cast<int64>(misaligned));
}

/**
 * corrupted_serialise(internal): the serialisation of aggregate journeys, spoilt as the session's settings ask for:
 * marketing_test.spoil is 'garbage', 'truncate' or 'flip', marketing_test.at the place in bytes.
 */
MARKETING_FUNCTION(bridge_corrupted_serialise)
{
    const char* spoil = GetConfigOption("marketing_test.spoil", false, false);
    const auto at = static_cast<std::size_t>(pg_strtoint32(GetConfigOption("marketing_test.at", false, false)));
    const PGFunction serialise = reinterpret_cast<PGFunction>(
        load_external_function("$libdir/pg_marketing", "marketing_state_serialise", true, nullptr));
    const bytea* sound = DatumGetByteaPP(serialise(fcinfo));
    const auto size = static_cast<std::size_t>(VARSIZE_ANY_EXHDR(sound));
    auto* spoilt = static_cast<bytea*>(palloc(size + VARHDRSZ));
    std::memcpy(VARDATA(spoilt), VARDATA_ANY(sound), size);
    SET_VARSIZE(spoilt, size + VARHDRSZ);
    if (at >= size) {
        ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND), errmsg("the state has %zu bytes", size)));
    }
    switch (spoil[0]) {
        case 't': SET_VARSIZE(spoilt, at + VARHDRSZ); break;
        case 'f': VARDATA(spoilt)[at] = static_cast<char>(~VARDATA(spoilt)[at]); break;
        case 'g': std::memset(VARDATA(spoilt), 'g', size); break;
        default: break;
    }
    PG_RETURN_BYTEA_P(spoilt);
}

#include "postgres/guard.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string_view>

#include "kernel/error.hpp"
#include "kernel/hash.hpp"
#include "postgres/pg.hpp"

namespace marketing::postgres {
namespace {

template <std::size_t N>
void copy_text(char (&target)[N], std::string_view text) noexcept
{
    const std::size_t size = std::min(text.size(), N - 1);
    std::memcpy(target, text.data(), size);
    target[size] = '\0';
}

void describe(Failure& failure, int sqlstate, std::string_view message, std::string_view detail = {},
              std::string_view hint = {}) noexcept
{
    failure.sqlstate = sqlstate;
    copy_text(failure.message, message);
    copy_text(failure.detail, detail);
    copy_text(failure.hint, hint);
}

/** A library met numbers that it cannot handle. What it says of them is of no use to whoever gave an argument of another name. */
void describe_numeric(Failure& failure) noexcept
{
    describe(failure, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, "the numbers are beyond what can be computed with");
}

int sqlstate_of(kernel::ErrorCode code) noexcept
{
    switch (code) {
        case kernel::ErrorCode::invalid_parameter: return ERRCODE_INVALID_PARAMETER_VALUE;
        case kernel::ErrorCode::numeric_range: return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
        case kernel::ErrorCode::malformed_binary: return ERRCODE_INVALID_BINARY_REPRESENTATION;
        case kernel::ErrorCode::limit_exceeded: return ERRCODE_PROGRAM_LIMIT_EXCEEDED;
        case kernel::ErrorCode::data_exception: return ERRCODE_DATA_EXCEPTION;
    }
    return ERRCODE_INTERNAL_ERROR;
}

/** A multi-byte character cut in two by the buffer's end would be an encoding error of its own. */
const char* shown(const char* text)
{
    const int length = static_cast<int>(strlen(text));
    return pnstrdup(text, pg_mbcliplen(text, length, length));
}

}  // namespace

void describe_current_exception(Failure& failure) noexcept
{
    try {
        throw;
    } catch (const kernel::Stopped&) {
        describe(failure, ERRCODE_QUERY_CANCELED, "the calculation was interrupted");
        failure.cancelled = true;
    } catch (const kernel::Error& e) {
        describe(failure, sqlstate_of(e.code()), e.what(), e.detail(), e.hint());
    } catch (const std::bad_alloc&) {
        describe(failure, ERRCODE_OUT_OF_MEMORY, "out of memory",
                 "The calculation asked for more memory than the server can give.");
    } catch (const std::length_error&) {
        describe(failure, ERRCODE_PROGRAM_LIMIT_EXCEEDED, "the calculation would need more memory than there can be");
    } catch (const std::domain_error&) {
        describe_numeric(failure);
    } catch (const std::runtime_error&) {
        describe_numeric(failure);
    } catch (const std::exception& e) {
        describe(failure, ERRCODE_INTERNAL_ERROR, e.what());
    } catch (...) {
        describe(failure, ERRCODE_INTERNAL_ERROR, "unexpected error in a pg_marketing kernel");
    }
}

void raise_if_failed(const Failure& failure)
{
    if (failure.sqlstate == 0) {
        return;
    }
    if (failure.cancelled) {
        // The server knows whether this is a cancel, a timeout or a shutdown, and raises the right one.
        CHECK_FOR_INTERRUPTS();
    }
    ereport(ERROR, (errcode(failure.sqlstate), errmsg_internal("%s", shown(failure.message)),
                    failure.detail[0] != '\0' ? errdetail_internal("%s", shown(failure.detail)) : 0,
                    failure.hint[0] != '\0' ? errhint("%s", shown(failure.hint)) : 0));
}

kernel::StopFlag stop_flag() noexcept
{
    // Not InterruptPending: that is also raised for what ends no query, such as a parallel worker's message.
    return kernel::StopFlag(&QueryCancelPending, &ProcDiePending);
}

void ensure_hash_secret() noexcept
{
    // Loaded before the server forks, the library would hand one secret to all.
    static int secret_of = 0;
    if (secret_of != MyProcPid && pg_strong_random(kernel::process_hash_secret.data(), sizeof kernel::process_hash_secret)) {
        secret_of = MyProcPid;
    }
}

}  // namespace marketing::postgres

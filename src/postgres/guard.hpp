/**
 * The wall between C++ exceptions and the server's errors.
 *
 * A binding has four phases: read the arguments (only plain data alive, may ereport); run the kernel inside `guarded`; with no
 * C++ object alive, `raise_if_failed`; build the Datum. An exception that left an extern "C" function would end the whole
 * cluster, an ereport inside a catch or over a live object would leak on each error.
 */
#pragma once

#include <concepts>
#include <csignal>
#include <type_traits>

#include "kernel/stop.hpp"
#include "postgres/memory.hpp"

namespace marketing::postgres {

/** What went wrong, as plain data that survives until every C++ object is gone. */
struct Failure {
    int sqlstate;  // 0: nothing failed
    bool cancelled;
    char message[512];
    char detail[512];
    char hint[512];
};

/** Fills `failure` from the exception being handled. Call it inside a catch block only. */
void describe_current_exception(Failure& failure) noexcept;

/** Phase 3: raises what phase 2 caught. May only be called while no C++ object with a destructor is alive. */
void raise_if_failed(const Failure& failure);

/** The server's cancel and terminate requests, as the flag that kernels poll. */
[[nodiscard]] kernel::StopFlag stop_flag() noexcept;

/** Gives each process of the server a secret of its own for the hashes of kernels, before the first of them runs. */
void ensure_hash_secret() noexcept;

/** Phase 2: runs `body` and turns every exception into `failure`. `body` calls nothing that raises an error of the server. */
template <class Body>
void guarded(Failure& failure, Body&& body) noexcept
{
    failure.sqlstate = 0;
    failure.cancelled = false;
    kernel::process_stop_flag = stop_flag();
    ensure_hash_secret();
    try {
        body();
    } catch (...) {
        describe_current_exception(failure);
    }
}

/**
 * Phases 2 and 3. What `body` returns must be plain data, or a vector of it, which is kept in the memory context of the call.
 */
template <std::invocable Body>
auto run_kernel(Body&& body)
{
    static_assert(std::is_trivially_destructible_v<std::remove_reference_t<Body>>, "capture plain data only");
    using Result = std::invoke_result_t<Body&>;
    if constexpr (std::is_void_v<Result>) {
        Failure failure;
        guarded(failure, body);
        raise_if_failed(failure);
    } else if constexpr (std::is_trivially_destructible_v<Result>) {
        Result result{};
        run_kernel([&body, &result] { result = body(); });
        return result;
    } else {
        return run_kernel([&body] { return keep(body()); });
    }
}

}  // namespace marketing::postgres

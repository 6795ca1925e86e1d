/**
 * How a long kernel learns that it should end: it polls a flag that the server's signal handler sets, and throws Stopped, so
 * that C++ unwinds before the server raises the real cancel.
 */
#pragma once

#include <csignal>
#include <cstddef>

#include "kernel/error.hpp"

namespace marketing::kernel {

class StopFlag {
public:
    /** A flag that is never raised (unit tests, benchmarks). */
    constexpr StopFlag() noexcept = default;
    /** Up while either of the two is not 0. */
    explicit constexpr StopFlag(const volatile std::sig_atomic_t* flag,
                                const volatile std::sig_atomic_t* other = nullptr) noexcept
        : flag_(flag), other_(other)
    {
    }

    /** Throws Stopped if the flag is up. Cheap enough for each client, not for each touch. */
    void poll() const
    {
        if ((flag_ != nullptr && *flag_ != 0) || (other_ != nullptr && *other_ != 0)) {
            throw Stopped{};
        }
    }

private:
    const volatile std::sig_atomic_t* flag_ = nullptr;
    const volatile std::sig_atomic_t* other_ = nullptr;
};

/** The flag of the process; the bridge sets it. */
inline StopFlag process_stop_flag;

/** Polls it: for what is called from everywhere, such as the functions of numeric/. */
inline void poll()
{
    process_stop_flag.poll();
}

}  // namespace marketing::kernel

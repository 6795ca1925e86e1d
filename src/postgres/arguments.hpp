/**
 * Arguments by name, one after another, as plain data. Phase 1 only: each call may ereport.
 *
 *     Arguments in(fcinfo);
 *     const double alpha = in.get<double>("alpha");
 *     const auto step = in.optional<Duration>("step");
 *     const double q = in.value_or("q", 0.05);
 *
 * The reader goes on by one argument with each call, and the name is that of the SQL function's argument: an error says it, and
 * test/tap/catalog.pl compares both.
 */
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "postgres/guard.hpp"
#include "postgres/pg.hpp"
#include "postgres/sql_type.hpp"

namespace marketing::postgres {

/** What becomes of NULL in an array; `missing`: NaN, an empty text, nothing. */
enum class NullElements { refused, left_out, missing };

/** Refuses a call (22023) unless `valid`. */
inline void require_valid(bool valid, const char* message, const char* hint = nullptr)
{
    if (!valid) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg_internal("%s", message),
                        hint == nullptr ? 0 : errhint("%s", hint)));
    }
}

struct ElementDatums {
    const Datum* datums;
    const bool* nulls;
    int count;
};
[[nodiscard]] ElementDatums element_datums(Datum array, const char* name, const ElementForm& form, bool refuse_nulls);

/** The elements of an array with one dimension. */
template <class T>
[[nodiscard]] std::span<const ValueOf<T>> elements_of(Datum array, const char* name, NullElements nulls)
{
    const ElementDatums elements = element_datums(array, name, SqlType<T>::form, nulls == NullElements::refused);
    auto* values = static_cast<ValueOf<T>*>(palloc(sizeof(ValueOf<T>) * (elements.count + 1)));
    std::size_t filled = 0;
    for (int i = 0; i < elements.count; ++i) {
        if (!elements.nulls[i]) {
            values[filled++] = SqlType<T>::read(elements.datums[i], name);
        } else if (nulls == NullElements::missing) {
            if constexpr (requires { SqlType<T>::missing; }) {
                values[filled++] = SqlType<T>::missing;
            } else {
                values[filled++] = ValueOf<T>{};
            }
        }
    }
    return {values, filled};
}

class Arguments {
public:
    explicit Arguments(FunctionCallInfo fcinfo) noexcept : fcinfo_(fcinfo) {}
    /** The columns of the row that a transition function adds to its state, which is argument 0. */
    [[nodiscard]] static Arguments of_row(FunctionCallInfo fcinfo) noexcept
    {
        Arguments in(fcinfo);
        in.next_ = 1;
        in.in_row_ = true;
        return in;
    }

    /** An argument that must not be NULL. */
    template <class T>
    [[nodiscard]] ValueOf<T> get(const char* name)
    {
        require_not_null(name);
        return SqlType<T>::read(take().value, name);
    }

    template <class T>
    [[nodiscard]] std::optional<ValueOf<T>> optional(const char* name)
    {
        return is_null() ? skip(name), std::nullopt : std::optional(get<T>(name));
    }

    template <class T>
    [[nodiscard]] T value_or(const char* name, T otherwise)
    {
        return optional<T>(name).value_or(otherwise);
    }

    /** What the kernel's `find` knows by the name that is given. */
    template <class Find>
    [[nodiscard]] auto choice(const char* name, Find find)
    {
        const auto called = get<std::string_view>(name);
        return run_kernel([called, &find] { return find(called); });
    }

    template <class Find, class Choice>
    [[nodiscard]] Choice choice_or(const char* name, Find find, Choice otherwise)
    {
        return is_null() ? skip(name), otherwise : choice(name, find);
    }

    /** The elements of an array with one dimension. NULL among them is NaN in numbers, and refused in anything else. */
    template <class T>
    [[nodiscard]] std::span<const ValueOf<T>> array(const char* name, NullElements nulls = std::is_same_v<T, double>
                                                                                               ? NullElements::missing
                                                                                               : NullElements::refused)
    {
        require_not_null(name);
        return elements_of<T>(take().value, name, nulls);
    }

    /** The same; without data where the array is NULL. */
    template <class T, class... Nulls>
    [[nodiscard]] std::span<const ValueOf<T>> optional_array(const char* name, Nulls... nulls)
    {
        return is_null() ? skip(name), std::span<const ValueOf<T>>{} : array<T>(name, nulls...);
    }

    /** The next argument as it is. */
    [[nodiscard]] const NullableDatum& take() noexcept { return fcinfo_->args[next_++]; }
    [[nodiscard]] FunctionCallInfo call() const noexcept { return fcinfo_; }
    [[nodiscard]] int position() const noexcept { return next_; }
    /** Whether the next argument is NULL. */
    [[nodiscard]] bool is_null() const noexcept { return fcinfo_->args[next_].isnull; }
    /** Whether there is a next one, of a function that may have fewer. */
    [[nodiscard]] bool more() const noexcept { return next_ < fcinfo_->nargs; }
    void skip(const char* /*name*/) noexcept { ++next_; }
    void require_not_null(const char* name) const
    {
        if (is_null()) [[unlikely]] {
            refuse_null(name);
        }
    }

private:
    [[noreturn]] void refuse_null(const char* name) const;

    FunctionCallInfo fcinfo_;
    int next_ = 0;
    bool in_row_ = false;
};
static_assert(std::is_trivially_destructible_v<Arguments>, "a reader stands while the server may longjmp");

/** The columns of a composite argument, by name. */
class Columns {
public:
    explicit Columns(HeapTupleHeader row) noexcept : row_(row) {}
    template <class T>
    [[nodiscard]] std::optional<ValueOf<T>> optional(const char* name) const
    {
        bool is_null = false;
        const Datum datum = GetAttributeByName(row_, name, &is_null);
        return is_null ? std::nullopt : std::optional(SqlType<T>::read(datum, name));
    }
    /** Without data where the array is NULL. */
    template <class T>
    [[nodiscard]] std::span<const ValueOf<T>> optional_array(const char* name) const
    {
        bool is_null = false;
        const Datum datum = GetAttributeByName(row_, name, &is_null);
        return is_null ? std::span<const ValueOf<T>>{} : elements_of<T>(datum, name, NullElements::refused);
    }

private:
    HeapTupleHeader row_;
};

}  // namespace marketing::postgres

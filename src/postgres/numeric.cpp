#include "postgres/numeric.hpp"

#include <cstdint>
#include <cstring>

namespace marketing::postgres {
namespace {

// The layout of numeric is not in the server's headers, but it is that of data on disk, which stays readable from release to release. A
// word says the form: in the short one it holds the sign and the weight, too; in the long one the weight follows; others are no numbers.
// Then come digits of base 10000, the first of which counts 10000 ^ weight.
constexpr std::uint16_t form_bits = 0xC000;
constexpr std::uint16_t long_negative = 0x4000;
constexpr std::uint16_t short_form = 0x8000;
constexpr std::uint16_t no_number = 0xC000;
constexpr std::uint16_t short_negative = 0x2000;
constexpr std::uint16_t short_weight_sign = 0x0040;
constexpr std::uint16_t short_weight_bits = 0x003F;

constexpr std::int64_t base = 10000;
/** Below it each integer is a double, and so is each power of ten up to 10 ^ 22: their quotient is rounded once, as by the server. */
constexpr std::int64_t exact_limit = std::int64_t{1} << 53;
constexpr double powers_of_base[] = {1, 1e4, 1e8, 1e12, 1e16, 1e20};
constexpr int most_power = 5;

/** Reads words that need not be aligned. */
class Words {
public:
    explicit Words(const struct varlena* value) : next_(VARDATA_ANY(value)), end_(next_ + VARSIZE_ANY_EXHDR(value)) {}
    [[nodiscard]] bool more() const noexcept { return end_ - next_ >= 2; }
    template <class Word>
    [[nodiscard]] Word take() noexcept
    {
        Word word = 0;
        std::memcpy(&word, next_, sizeof word);
        next_ += sizeof word;
        return word;
    }

private:
    const char* next_;
    const char* end_;
};

/** Whether the number is a double as it stands, without rounding twice. */
bool read_exactly(const struct varlena* value, double& into)
{
    Words words(value);
    if (!words.more()) {
        return false;
    }
    const auto head = words.take<std::uint16_t>();
    const std::uint16_t form = head & form_bits;
    bool negative = form == long_negative;
    int weight = 0;
    if (form == short_form) {
        negative = (head & short_negative) != 0;
        weight = head & short_weight_bits;
        weight -= (head & short_weight_sign) != 0 ? short_weight_bits + 1 : 0;
    } else if (form == no_number || !words.more()) {
        return false;
    } else {
        weight = words.take<std::int16_t>();
    }
    std::int64_t digits = 0;
    int power = weight + 1;
    while (words.more()) {
        if (digits > exact_limit / base - 1) {
            return false;
        }
        digits = digits * base + words.take<std::int16_t>();
        --power;
    }
    if (power < -most_power) {
        return false;
    }
    for (; power > 0 && digits != 0; --power) {
        if (digits > exact_limit / base - 1) {
            return false;
        }
        digits *= base;
    }
    const double magnitude = power < 0 ? static_cast<double>(digits) / powers_of_base[-power] : static_cast<double>(digits);
    into = negative ? -magnitude : magnitude;
    return true;
}

}  // namespace

double numeric_to_double(Datum numeric)
{
    double exact = 0;
    if (read_exactly(PG_DETOAST_DATUM_PACKED(numeric), exact)) {
        return exact;
    }
    return DatumGetFloat8(DirectFunctionCall1(numeric_float8, numeric));
}

}  // namespace marketing::postgres

#include "postgres/text.hpp"

namespace marketing::postgres {

std::span<const std::string_view> text_array_argument(FunctionCallInfo fcinfo, int index)
{
    if (PG_ARGISNULL(index)) {
        return {};
    }
    ArrayType* array = PG_GETARG_ARRAYTYPE_P(index);
    if (ARR_NDIM(array) == 0) {
        return {};
    }
    Datum* values = nullptr;
    bool* nulls = nullptr;
    int count = 0;
    deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
    auto* views = static_cast<std::string_view*>(palloc(sizeof(std::string_view) * (count + 1)));
    std::size_t filled = 0;
    for (int i = 0; i < count; ++i) {
        if (!nulls[i]) {
            views[filled++] = text_view(values[i]);
        }
    }
    return {views, filled};
}

}  // namespace marketing::postgres

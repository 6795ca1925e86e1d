#include "postgres/context.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace marketing::postgres {
namespace {

emit_log_hook_type next_hook = nullptr;

constexpr std::string_view any_function = "PL/pgSQL function ";
constexpr std::string_view our_function = "PL/pgSQL function analytics";
constexpr std::string_view sql_function = "SQL function \"";

/** Errors that say what is wrong with a question, or with who asks it. */
bool is_of_the_question(int sqlstate)
{
    if (sqlstate == ERRCODE_DIVISION_BY_ZERO) {
        return false;
    }
    return ERRCODE_TO_CATEGORY(sqlstate) == ERRCODE_DATA_EXCEPTION || sqlstate == ERRCODE_INSUFFICIENT_PRIVILEGE ||
           sqlstate == ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE || sqlstate == ERRCODE_PROGRAM_LIMIT_EXCEEDED;
}

/** Whether the error was raised by compiled code of this library; the server's own is C. */
bool is_raised_here(const ErrorData& error)
{
    const std::string_view file = error.filename == nullptr ? "" : error.filename;
    return file.ends_with(".cpp") || file.ends_with(".hpp");
}

/**
 * How long the beginning of a context is that only tells how our functions call one another. `from_ours`: what the first line tells of was
 * called by ours, or is.
 */
std::size_t our_part(std::string_view context, bool from_ours)
{
    std::size_t ours = 0;
    for (std::size_t begin = 0; begin < context.size();) {
        const std::size_t end = std::min(context.find('\n', begin), context.size() - 1) + 1;
        const std::string_view line = context.substr(begin, end - begin);
        if (line.starts_with(our_function)) {
            ours = end;
        } else if (line.starts_with(any_function)) {
            break;
        } else if (line.starts_with(sql_function) && begin == ours && (ours > 0 || from_ours)) {
            ours = end;
        }
        begin = end;
    }
    return ours;
}

void hide_our_part(ErrorData* error)
{
    if (error->elevel == ERROR && error->context != nullptr && is_of_the_question(error->sqlerrcode)) {
        const std::size_t ours = our_part(error->context, is_raised_here(*error));
        std::memmove(error->context, error->context + ours, std::strlen(error->context) - ours + 1);
        if (error->context[0] == '\0') {
            error->context = nullptr;
        }
    }
    if (next_hook != nullptr) {
        next_hook(error);
    }
}

}  // namespace

void hide_our_context()
{
    next_hook = emit_log_hook;
    emit_log_hook = hide_our_part;
}

}  // namespace marketing::postgres

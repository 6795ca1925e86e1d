/**
 * The one include of the server's headers, and the one place that knows how server versions differ.
 *
 * Only *_pg.cpp files and src/postgres/ include this. The server's macros that clash with C++ are taken away again.
 */
#pragma once

extern "C" {
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/uuid.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif
}

#undef Abs
#undef Max
#undef Min
#undef gettext
#undef dgettext
#undef ngettext
#undef dngettext
#undef snprintf
#undef sprintf
#undef vsnprintf
#undef vsprintf
#undef printf
#undef fprintf
#undef vprintf
#undef vfprintf
#undef strerror
#undef strerror_r

#if PG_VERSION_NUM < 150000
#error "pg_marketing needs PostgreSQL 15 or newer"
#endif

/**
 * Later minor versions have a function that checks more here, earlier ones a macro. The library takes the function where the server has it,
 * and loads where it has none.
 */
#ifdef DatumGetHeapTupleHeader
#undef DatumGetHeapTupleHeader
extern "C" HeapTupleHeaderData* DatumGetHeapTupleHeader(Datum datum) __attribute__((weak));
#else
#pragma weak DatumGetHeapTupleHeader
#endif

/** Declares a function that SQL can call; the exported names all start with marketing_. */
#define MARKETING_FUNCTION(name)           \
    extern "C" {                           \
    PG_FUNCTION_INFO_V1(marketing_##name); \
    }                                      \
    Datum marketing_##name([[maybe_unused]] PG_FUNCTION_ARGS)

// What the server alone takes: an aggregate transition that does nothing, and a set of rows that are all the same.

extern "C" {
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(bench_noop);
PG_FUNCTION_INFO_V1(bench_rows);

Datum bench_noop(PG_FUNCTION_ARGS)
{
    PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

// The row given, so many times.
Datum bench_rows(PG_FUNCTION_ARGS)
{
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    HeapTupleHeader given = PG_GETARG_HEAPTUPLEHEADER(0);
    MemoryContext caller = MemoryContextSwitchTo(result->econtext->ecxt_per_query_memory);
    TupleDesc columns = lookup_rowtype_tupdesc_copy(HeapTupleHeaderGetTypeId(given), HeapTupleHeaderGetTypMod(given));
    Tuplestorestate* store = tuplestore_begin_heap(false, false, work_mem);
    MemoryContextSwitchTo(caller);
    HeapTupleData tuple;
    tuple.t_len = HeapTupleHeaderGetDatumLength(given);
    ItemPointerSetInvalid(&tuple.t_self);
    tuple.t_tableOid = InvalidOid;
    tuple.t_data = given;
    Datum* values = static_cast<Datum*>(palloc(sizeof(Datum) * columns->natts));
    bool* nulls = static_cast<bool*>(palloc(columns->natts));
    heap_deform_tuple(&tuple, columns, values, nulls);
    for (int64 i = 0; i < PG_GETARG_INT64(1); ++i) {
        tuplestore_putvalues(store, columns, values, nulls);
    }
    result->returnMode = SFRM_Materialize;
    result->setResult = store;
    result->setDesc = columns;
    return static_cast<Datum>(0);
}
}

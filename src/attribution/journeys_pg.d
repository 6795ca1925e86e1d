src/attribution/journeys_pg.o: src/attribution/journeys_pg.cpp \
 src/attribution/journeys.hpp src/attribution/flat_buffer.hpp \
 src/kernel/error.hpp src/attribution/journeys_state.hpp \
 src/attribution/chunk_list.hpp src/attribution/interner.hpp \
 src/kernel/stop.hpp src/attribution/journeys_union.hpp \
 src/postgres/aggregate.hpp src/postgres/guard.hpp \
 src/postgres/memory.hpp src/postgres/pg.hpp
src/attribution/journeys.hpp:
src/attribution/flat_buffer.hpp:
src/kernel/error.hpp:
src/attribution/journeys_state.hpp:
src/attribution/chunk_list.hpp:
src/attribution/interner.hpp:
src/kernel/stop.hpp:
src/attribution/journeys_union.hpp:
src/postgres/aggregate.hpp:
src/postgres/guard.hpp:
src/postgres/memory.hpp:
src/postgres/pg.hpp:

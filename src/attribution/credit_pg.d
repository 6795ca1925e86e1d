src/attribution/credit_pg.o: src/attribution/credit_pg.cpp \
 src/attribution/credit.hpp src/attribution/journeys.hpp \
 src/attribution/flat_buffer.hpp src/kernel/error.hpp \
 src/attribution/models.hpp src/attribution/paths.hpp src/kernel/stop.hpp \
 src/postgres/aggregate.hpp src/postgres/guard.hpp \
 src/postgres/memory.hpp src/postgres/pg.hpp src/postgres/rows.hpp
src/attribution/credit.hpp:
src/attribution/journeys.hpp:
src/attribution/flat_buffer.hpp:
src/kernel/error.hpp:
src/attribution/models.hpp:
src/attribution/paths.hpp:
src/kernel/stop.hpp:
src/postgres/aggregate.hpp:
src/postgres/guard.hpp:
src/postgres/memory.hpp:
src/postgres/pg.hpp:
src/postgres/rows.hpp:

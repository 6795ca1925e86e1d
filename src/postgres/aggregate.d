src/postgres/aggregate.o: src/postgres/aggregate.cpp \
 src/postgres/aggregate.hpp src/postgres/guard.hpp src/kernel/stop.hpp \
 src/kernel/error.hpp src/postgres/memory.hpp src/postgres/pg.hpp
src/postgres/aggregate.hpp:
src/postgres/guard.hpp:
src/kernel/stop.hpp:
src/kernel/error.hpp:
src/postgres/memory.hpp:
src/postgres/pg.hpp:

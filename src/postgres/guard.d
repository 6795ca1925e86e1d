src/postgres/guard.o: src/postgres/guard.cpp src/postgres/guard.hpp \
 src/kernel/stop.hpp src/kernel/error.hpp src/postgres/pg.hpp
src/postgres/guard.hpp:
src/kernel/stop.hpp:
src/kernel/error.hpp:
src/postgres/pg.hpp:

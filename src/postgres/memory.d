src/postgres/memory.o: src/postgres/memory.cpp src/postgres/memory.hpp \
 src/postgres/pg.hpp
src/postgres/memory.hpp:
src/postgres/pg.hpp:

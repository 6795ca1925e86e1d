src/postgres/rows.o: src/postgres/rows.cpp src/postgres/rows.hpp \
 src/postgres/pg.hpp
src/postgres/rows.hpp:
src/postgres/pg.hpp:

src/postgres/module.o: src/postgres/module.cpp src/postgres/pg.hpp
src/postgres/pg.hpp:

// Boost.JSON, of which the distributions' headers are all that is needed: compiled once, here.
#include <boost/json/src.hpp>

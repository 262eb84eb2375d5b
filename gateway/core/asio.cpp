// The one place where Asio's functions are compiled; everybody else sees declarations
// (BOOST_ASIO_SEPARATE_COMPILATION is a public definition of sluice_core).
#include <boost/asio/impl/src.hpp>

#pragma once
/// Catch2, whichever version Debian has: 2 on Debian 12, 3 on Debian 13.
#ifdef GUARDIAN_CATCH2_V3
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

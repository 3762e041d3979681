/*
 * The engine as a program of its own, with all that a Python without a shared library is linked in with.
 */
#include "engine/engine.h"
#include "launch/exit.h"

#include <stddef.h>

int main(int argc, char **argv)
{
    return mview_engine(argc, argv, NULL, &watcher_of_exit);
}

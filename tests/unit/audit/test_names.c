#include "audit/names.h"

#include "test.h"

#include <string.h>

static const struct known_name *find(const char *module, const char *name)
{
    return known_find(module, strlen(module), name, strlen(name));
}

static bool is_kind(const char *module, const char *name, enum known_kind kind)
{
    const struct known_name *row = find(module, name);

    return row != NULL && row->kind == kind;
}

static void finds_what_runs_code(void)
{
    static const char *const names[][2] = {
        {"os", "system"}, {"posix", "system"}, {"nt", "popen"}, {"os", "anything"}, {"os.path", "join"},
        {"subprocess", "run"}, {"builtins", "eval"}, {"__builtin__", "execfile"}, {"__builtins__", "exec"},
        {"cPickle", "loads"}, {"_pickle", "Unpickler"}, {"commands", "getoutput"}, {"httplib", "HTTPSConnection"},
        {"urllib2", "urlopen"}, {"urllib.request", "urlopen"}, {"_io", "FileIO"}, {"io", "open"},
        {"asyncio.unix_events", "_UnixSubprocessTransport._start"}, {"bdb", "Bdb.run"}, {"trace", "Trace.runctx"},
        {"code", "InteractiveInterpreter.runcode"}, {"lib2to3.pgen2.grammar", "Grammar.loads"},
        {"idlelib.pyshell", "ModifiedInterpreter.runcommand"}, {"torch._dynamo.guards", "GuardBuilder.get"},
        {"torch.utils._config_module", "ConfigModule.load_config"}, {"torch.serialization", "load"},
        {"torch.fx.experimental.symbolic_shapes", "ShapeEnv.evaluate_guards_expression"},
        {"torch.jit.unsupported_tensor_ops", "execWrapper"},
        {"torch.utils.data.datapipes.utils.decoder", "basichandlers"},
        {"numpy.testing._private.utils", "runstring"}, {"numpy.f2py.crackfortran", "getlincoef"},
        {"numpy.lib.npyio", "load"}, {"types", "CodeType"}, {"uuid", "_get_command_stdout"},
        {"cloudpickle.cloudpickle", "_make_function"}, {"joblib.numpy_pickle", "load"}, {"pip", "main"},
        {"logging", "FileHandler"}, {"pkgutil", "resolve_name"}, {"distutils.file_util", "write_file"},
        {"multiprocessing.util", "spawnv_passfds"}, {"_aix_support", "_read_cmd_output"}, {"imaplib", "IMAP4_stream"},
        {"test.support.script_helper", "assert_python_ok"}, {"_pyrepl.pager", "pipe_pager"}, {"sys", "exit"},
        {"nobody", "eval"}, {"nobody.knows", "system"}, {"nobody", "os"},
        /* by way of something else */
        {"collections", "_sys.modules"}, {"collections", "namedtuple.os.system"}, {"pathlib", "os.system"},
        {"numpy", "lib.npyio.load"}, {"torch", "serialization.load"}, {"nobody", "thing.__globals__"},
        {"datetime", "datetime.__class__.__base__"}, {"nobody", "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q"},
    };
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!is_kind(names[i][0], names[i][1], KNOWN_CODE)) {
            printf("# %s %s\n", names[i][0], names[i][1]);
        }
        CHECK(is_kind(names[i][0], names[i][1], KNOWN_CODE));
    }
}

static void finds_what_builds_data(void)
{
    static const char *const names[][2] = {
        {"builtins", "set"},      {"__builtin__", "xrange"},  {"exceptions", "ValueError"}, {"datetime", "timedelta"},
        {"uuid", "UUID"},         {"os", "stat_result"},      {"subprocess", "CompletedProcess"},
        {"collections", "deque"}, {"numpy", "dtype"},         {"numpy._core.multiarray", "scalar"},
        {"pathlib._local", "PosixPath"}, {"joblib.numpy_pickle", "NumpyArrayWrapper"},
        {"torch.serialization", "_get_layout"},
    };
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        CHECK(is_kind(names[i][0], names[i][1], KNOWN_BUILDS));
    }
    CHECK(is_kind("numpy._core.multiarray", "_reconstruct", KNOWN_ALLOCATES));
    CHECK(is_kind("numpy.core.memmap", "memmap", KNOWN_ARRAY));
    CHECK(is_kind("copy_reg", "_reconstructor", KNOWN_MAKES));
    CHECK(is_kind("sklearn.svm._classes", "SVC", KNOWN_CLASSES));
    CHECK(is_kind("torch.nn.modules.linear", "Linear", KNOWN_CLASSES));
}

static void leaves_the_others(void)
{
    CHECK(find("__main__", "Thing") == NULL);
    CHECK(find("", "") == NULL);
    CHECK(find("osx", "thing") == NULL);
    CHECK(find("mylib", "Outer.Inner") == NULL);
    CHECK(find("mylib", "Frame.from_parts") == NULL);
}

static void knows_classes_from_methods(void)
{
    CHECK(is_kind("numpy", "ndarray.tofile", KNOWN_CALLED));
    CHECK(is_kind("pathlib", "Path.touch", KNOWN_CALLED));
    CHECK(is_kind("sklearn.svm", "SVC.Inner", KNOWN_CLASSES));
    CHECK(known_is_class("Thing", 5));
    CHECK(known_is_class("_Thing", 6));
    CHECK(known_is_class("__pyx_unpickle_Thing", 20));
    CHECK(!known_is_class("thing", 5));
    CHECK(!known_is_class("__", 2));
}

static void tells_no_name_twice(void)
{
    size_t i, j;

    for (i = 0; i < known_name_count; i++) {
        for (j = 0; j < i; j++) {
            if (strcmp(known_names[i].module, known_names[j].module) == 0 &&
                strcmp(known_names[i].name, known_names[j].name) == 0) {
                printf("# %s %s\n", known_names[i].module, known_names[i].name);
                CHECK(!"two rows");
            }
        }
    }
}

/* What has a recipe is shown as data, and so must be known to build only that. */
static void knows_what_has_a_recipe(void)
{
    static const char *const names[][2] = {
#define RECIPE(module, name, function) {module, name},
#include "recipe/recipes.def"
#undef RECIPE
    };
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct known_name *row = find(names[i][0], names[i][1]);

        if (strcmp(names[i][1], "getattr") == 0 || strncmp(names[i][0], "cloudpickle", 11) == 0 ||
            strncmp(names[i][0], "dill", 4) == 0) {
            continue; /* shown as what they reach, but that may be code */
        }
        if (row == NULL || row->kind <= KNOWN_CALLED ||
            (row->kind == KNOWN_CLASSES && !known_is_class(names[i][1], strlen(names[i][1])))) {
            printf("# %s %s\n", names[i][0], names[i][1]);
            CHECK(!"known");
        }
    }
}

int main(void)
{
    RUN(finds_what_runs_code);
    RUN(finds_what_builds_data);
    RUN(leaves_the_others);
    RUN(knows_classes_from_methods);
    RUN(tells_no_name_twice);
    RUN(knows_what_has_a_recipe);
    return TEST_END();
}

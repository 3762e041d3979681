"""Who keeps a view: each kind of keeper, in one program, against what that program is known to do.

Each scenario gets a bytearray of a size of its own, as `new()`, and is known by that size in --trace's answer.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

PROGRAM = os.environ.get("MVIEW", "build/mview-inspect")
MODULES = os.path.abspath(os.environ.get("MVIEW_BUILD", "build"))  # of consumers.so
COUNT = FAILED = 0

# The name of the scenario, what it runs in __main__, who keeps the view then.  N stands for a line's number.
KEPT = [
    ("a global", "view = memoryview(new())", ["__main__.view"]),
    ("two globals", "one = two = memoryview(new())", ["__main__.one", "__main__.two"]),
    ("a slice, of which the whole is gone", "part = memoryview(new())[2:4]", ["__main__.part"]),
    ("a cast of it", "cast = memoryview(new()).cast('b').toreadonly()", ["__main__.cast"]),
    ("a dict by a str", "cache = {'x': memoryview(new())}", ["__main__.cache['x']"]),
    ("a dict by a number", "numbers = {5: {-1: memoryview(new())}}", ["__main__.numbers[5][-1]"]),
    ("a dict by a tuple", "pairs = {('a', 1): memoryview(new())}", ["__main__.pairs[('a', 1)]"]),
    ("a dict by a long key", "long = {'k' * 1000: memoryview(new())}", ["__main__.long['" + "k" * 59 + "...]"]),
    ("a dict by a key that says what it likes", """class Key:
    def __repr__(self): raise SystemExit('repr')
    def __hash__(self): return 1
    def __eq__(self, other): raise SystemExit('eq')
odd = {Key(): memoryview(new())}""", ["__main__.odd[a Key]"]),
    ("a dict by a key that drives the terminal", "ansi = {'\\x1b[2J': memoryview(new())}",
     ["__main__.ansi['\\x1b[2J']"]),
    ("a dict as a key", "keyed = {memoryview(bytes(new())): 1}", ["a key of __main__.keyed"]),
    ("a dict of its class", """class Record(dict): pass
record = Record(v=memoryview(new()))""", ["__main__.record['v']"]),
    ("a list of lists", "table = [0, [1, memoryview(new())]]", ["__main__.table[1][1]"]),
    ("a list twice", "twice = [memoryview(new())] * 2", ["__main__.twice[0]"]),
    ("a tuple", "t = (1, (2, memoryview(new())))", ["__main__.t[1][1]"]),
    ("a namedtuple", "nt = collections.namedtuple('NT', 'p q')(1, memoryview(new()))", ["__main__.nt[1]"]),
    ("a long way", """way = memoryview(new())
for _ in range(40): way = [way]""", ["__main__.way" + "[0]" * 40]),
    ("a list of long keys", """keys = memoryview(new())
for i in range(10): keys = {'\u00e4' * 30: keys}""", re.compile(r"__main__\.keys\['.{60,160} \.\.\. .{100,220}\]$")),
    ("a set", "s = {1, memoryview(bytes(new()))}", ["an item of __main__.s"]),
    ("a frozenset", "fs = frozenset([memoryview(bytes(new()))])", ["an item of __main__.fs"]),
    ("a deque", "dq = collections.deque([1, 2, memoryview(new())])", ["__main__.dq[2]"]),
    ("an instance", """class Holder:
    def __init__(self, view): self.view = view
    def method(self): pass
holder = Holder(memoryview(new()))""", ["__main__.holder.view"]),
    ("an instance in containers", "many = {'a': [Holder(0), Holder(memoryview(new()))]}",
     ["__main__.many['a'][1].view"]),
    ("an instance with a dict that was looked at", "looked = Holder(memoryview(new())); looked.__dict__",
     ["__main__.looked.view"]),
    ("an instance with an attribute that is no name", "strange = Holder(0); setattr(strange, 'a b', memoryview(new()))",
     ["__main__.strange['a b']"]),
    ("an instance with a property", """class Guarded:
    @property
    def view(self): raise SystemExit('property')
guarded = Guarded(); guarded._view = memoryview(new())""", ["__main__.guarded._view"]),
    ("a slot", """class Slotted: __slots__ = ('other', 'view')
slotted = Slotted(); slotted.view = memoryview(new())""", ["__main__.slotted.view"]),
    ("a class", """class Class: attribute = memoryview(new())""", ["__main__.Class.attribute"]),
    ("a class in a function", """def make_class():
    class Inner: attribute = memoryview(new())
    return Inner
inner_class = make_class()""", ["__main__.make_class.<locals>.Inner.attribute"]),
    ("a module", "module = types.ModuleType('made'); module.view = memoryview(new()); sys.modules['made'] = module",
     ["made.view"]),
    ("a module that is in no list", "unlisted = types.ModuleType('unlisted'); unlisted.view = memoryview(new())",
     ["unlisted.view"]),
    ("another namespace", """space = {'__name__': 'space', 'view': memoryview(new())}
exec('def function(): pass', space); function_of_space = space['function']; del space""",
     ["__main__.function_of_space.__globals__['view']"]),
    ("a closure", """def close_over():
    inner = memoryview(new())
    def closure(): return inner
    return closure
closure = close_over()""", ["closure variable 'inner' of __main__.closure"]),
    ("an annotation", """def annotated(a: 1, b: memoryview(new()) = 2): pass
if sys.version_info >= (3, 14): annotated.__annotations__ # before that they are evaluated at once""",
     ["__main__.annotated.__annotations__['b']"]),
    ("a default", "def defaults(a, b, c=memoryview(new()), d=1): pass", ["the default of 'c' of __main__.defaults"]),
    ("a default by keyword", "def keywords(*, k=memoryview(new())): pass", ["__main__.keywords.__kwdefaults__['k']"]),
    ("a function's attribute", "def attributed(): pass\nattributed.view = memoryview(new())",
     ["__main__.attributed.view"]),
    ("a partial", "partial = functools.partial(print, 1, memoryview(new()))", ["__main__.partial.args[1]"]),
    ("a method of it", "method = memoryview(new()).tobytes", ["__main__.method.__self__"]),
    ("a method of what has it", "bound = Holder(memoryview(new())).method", ["__main__.bound.__self__.view"]),
    ("a cell", "cell = types.CellType(memoryview(new()))", ["__main__.cell.cell_contents"]),
    ("a cache", """@functools.lru_cache
def cached(size=new()): return memoryview(size)
cached()""", ["__main__.cached (a _lru_cache_wrapper)"]),
    ("a weak reference's callback", """class Target: pass
target = Target()
def callback(ref, view=memoryview(new())): pass
weak = weakref.ref(target, callback); del callback""", ["the default of 'view' of the callback of __main__.weak"]),
    ("what belongs to a thread", "local = threading.local(); local.view = memoryview(new())", ["__main__.local.view"]),
    ("a context variable", "variable = contextvars.ContextVar('variable'); variable.set(memoryview(new()))",
     ["context variable 'variable' of the current context"]),
    ("a context that is kept", """def set_it(view): variable.set(view)
context = contextvars.copy_context(); context.run(set_it, memoryview(new()))""",
     ["context variable 'variable' of __main__.context"]),
    ("a generator", """def generator():
    view = memoryview(new())
    yield 1
running = generator(); next(running)""",
     ["local 'view' of generator generator at app.py:N, suspended, in __main__.running"]),
    ("a generator's loop", """def loops():
    for item in memoryview(new()): yield item
looping = loops(); next(looping)""",
     ["an unnamed value (a memory_iterator) of generator loops at app.py:N, suspended, in __main__.looping"]),
    ("a generator's cell", """def has_cell():
    def generator_with_cell():
        view = memoryview(new())
        def inner(): return view
        yield 1
    return generator_with_cell()
celled = has_cell(); next(celled)""",
     ["local 'view' of generator generator_with_cell at app.py:N, suspended, in __main__.celled",
      "closure variable 'view' of local 'inner' of generator generator_with_cell at app.py:N, suspended, "
      "in __main__.celled"]),
    ("a generator that another goes through", """def delegates(): yield from generator()
delegating = delegates(); next(delegating)""",
     ["local 'view' of generator generator at app.py:N, suspended, in generator delegates at app.py:N, suspended, "
      "in __main__.delegating"]),
    ("a coroutine", """@types.coroutine
def pause(): yield
async def coroutine():
    view = memoryview(new())
    await pause()
waiting = coroutine(); waiting.send(None)""",
     ["local 'view' of coroutine coroutine at app.py:N, suspended, in __main__.waiting"]),
    ("an asynchronous generator", """async def asynchronous():
    view = memoryview(new())
    yield 1
agen = asynchronous()
try: agen.asend(None).send(None)
except StopIteration: pass""",
     ["local 'view' of asynchronous generator asynchronous at app.py:N, suspended, in __main__.agen"]),
    ("a with statement", """def uses_with():
    with memoryview(new()): yield
with_statement = uses_with(); next(with_statement)""",
     ["a with statement of generator uses_with at app.py:N, suspended, in __main__.with_statement"]),
    ("an exception", """def fails():
    view = memoryview(new())
    raise ValueError
try: fails()
except ValueError as error: caught = error""",
     ["local 'view' of fails at app.py:N, in the traceback of __main__.caught"]),
    ("an exception that another came after", """try:
    try: fails()
    except ValueError: raise KeyError
except KeyError as error: later = error""",
     ["local 'view' of fails at app.py:N, in the traceback of __main__.later.__context__"]),
    ("an exception's cause", """try:
    try: fails()
    except ValueError as error: raise KeyError from error
except KeyError as error: caused = error""",
     ["local 'view' of fails at app.py:N, in the traceback of __main__.caused.__cause__"]),
    ("an exception's argument", "argued = ValueError(1, memoryview(new()))", ["__main__.argued.args[1]"]),
    ("an exception's attribute", "described = ValueError(); described.view = memoryview(new())",
     ["__main__.described.view"]),
    ("the last exception of a session", """try: fails()
except ValueError as error: sys.last_value = error""",
     ["local 'view' of fails at app.py:N, in the traceback of sys.last_value"]),
    ("a traceback", """try: fails()
except ValueError as error: trace = error.__traceback__""", ["local 'view' of fails at app.py:N, in __main__.trace"]),
    ("a frame", """def gives_frame():
    view = memoryview(new())
    return sys._getframe()
frame = gives_frame()""", ["local 'view' of gives_frame at app.py:N, in __main__.frame"]),
    ("a thread", """def work():
    view = memoryview(new())
    ready.set(); forever.wait()
ready, forever = threading.Event(), threading.Event()
threading.Thread(target=work, name='worker', daemon=True).start(); ready.wait()""",
     ["local 'view' of work at app.py:N, running in thread worker"]),
    ("a function in C in a thread", """def work_in_c(): consumers.call_while_held(new(), waits)
def waits():
    ready_in_c.set(); forever.wait()
ready_in_c = threading.Event()
threading.Thread(target=work_in_c, name='native', daemon=True).start(); ready_in_c.wait()""",
     ["C code that runs in thread native"]),
    ("an iterator", "iterator = iter(memoryview(new()))", ["__main__.iterator (a memory_iterator)"]),
    ("an iterator over what has it", "chain = itertools.chain([1], [memoryview(new())])", ["__main__.chain (a chain)"]),
    ("ctypes", "array = (ctypes.c_char * 4).from_buffer(new())", ["__main__.array._objects['ffffffff']"]),
    ("a PickleBuffer", "pickled = pickle.PickleBuffer(new())", ["__main__.pickled (a PickleBuffer)"]),
    ("a view of a view", "views = memoryview(memoryview(new())[1:])[1:]", ["__main__.views"]),
    ("a queue", "fifo = queue.Queue(); fifo.put(memoryview(new()))", ["__main__.fifo.queue[0]"]),
    ("a C object", "inside = consumers.Keeper('inside', new())", ["__main__.inside (a Keeper)"]),
    ("a C object, by a copy", "copied = consumers.Keeper('copied', new())", ["__main__.copied (a Keeper)"]),
    ("a C object, by a pointer", "pointer = consumers.Keeper('heap', new())", ["__main__.pointer (a Keeper)"]),
    ("a C object, in a block of its own", "block = consumers.Keeper('block', new())", ["__main__.block (a Keeper)"]),
    ("a C object, in a block that a block points to", "behind = consumers.Keeper('behind', new())",
     ["__main__.behind (a Keeper)"]),
    ("a C object, by a view that it tells nobody of", "untold = consumers.Keeper('untold', new())",
     ["__main__.untold (a Keeper)"]),
    ("a C variable", "consumers.keep_in_variable(new())", ["a C variable of consumers.so"]),
    ("an instance of a class derived from it", """class Derived(consumers.Keeper): pass
derived = {'d': Derived('inside', new())}""", ["__main__.derived['d'] (a Derived)"]),
]
NUMPY = [
    ("an array", "a = np.frombuffer(new(), 'u1')", ["the base of numpy array __main__.a"]),
    ("an array of an array", "b = {'x': [np.frombuffer(new(), 'u1')[2:][1:]]}",
     ["the base of numpy array __main__.b['x'][0]"]),
    ("an array in a dict that is not collected", "c = {'x': np.frombuffer(new(), 'u1')}",
     ["the base of numpy array __main__.c['x']"]),
    ("an array of a class of its own", """class Matrix(np.ndarray): pass
d = np.frombuffer(new(), 'u1').view(Matrix)""", ["the base of numpy array __main__.d"]),
    ("an array of objects", """e = np.empty((2, 3), object, 'F')
e[1, 2] = memoryview(new())""", ["__main__.e[1, 2]"]),
    ("an array that one of objects is a view of", """f = np.empty((2, 3), object)[::-1]
f[1, 2] = memoryview(new())""", ["__main__.f.base[0, 2]"]),
    ("an array of arrays", "g = np.array([None, np.frombuffer(new(), 'u1')], object)",
     ["the base of numpy array __main__.g[1]"]),
]
LOST = [
    ("a static variable", "consumers.lose_static(new())"),
    ("a block of the heap", "consumers.lose_heap(new())"),
    ("a function's stack", "consumers.lose_stack(new())"),
]
GARBAGE = ("a cycle", """class Node: pass
node = Node(); node.me, node.view = node, memoryview(new()); del node""", ["<__main__.Node object>.view"])

PROLOGUE = """import collections, contextvars, ctypes, functools, itertools, pickle, queue, sys, threading, types
import weakref
import gc
sys.path.insert(0, %r)
import consumers
gc.collect()
gc.disable()
try:
    import numpy as np
except ImportError:
    np = None
def new():
    return bytearray(size)
"""


def result(ok, what, *why):
    global COUNT, FAILED
    COUNT += 1
    FAILED += not ok
    for line in why:
        print("#", line)
    print("%sok %d - %s" % ("" if ok else "not ", COUNT, what))


def skip(what, why):
    global COUNT
    COUNT += 1
    print("ok %d - %s # SKIP %s" % (COUNT, what, why))


def run(scenarios, folder):
    """What is held at the end, by the size of the exporter."""
    with open(os.path.join(folder, "app.py"), "w") as file:
        file.write(PROLOGUE % MODULES)
        for size, (_, code, _) in scenarios.items():
            numpy = "np." in code
            file.write("size = %d\n" % size)
            file.write("if np is not None:\n    %s\n" % code.replace("\n", "\n    ") if numpy else code + "\n")
    done = subprocess.run([PROGRAM, "--trace", "-j", "-x", "app.py"], cwd=folder, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    result(done.returncode == 0, "the program runs", done.stderr[-1000:] if done.returncode else "as it should")
    return {held["exporter"]["nbytes"]: held for held in json.loads(done.stdout)["held"]} if done.stdout else {}


def main():
    everything = [(name, code, names) for name, code, names in KEPT + NUMPY + [GARBAGE]]
    everything += [(name, code, []) for name, code in LOST]
    scenarios = {1001 + i: scenario for i, scenario in enumerate(everything)}
    with tempfile.TemporaryDirectory() as folder:
        held = run(scenarios, folder)
    has_numpy = any(1001 + i in held for i in range(len(KEPT), len(KEPT) + len(NUMPY)))
    for size, (name, code, names) in scenarios.items():
        found = held.get(size, {"state": "not held", "kept_by": []})
        state = "garbage" if name == GARBAGE[0] else "leaked" if (name, code) in LOST else "kept"
        told = [re.sub(r"app\.py:\d+", "app.py:N", text) for text in found["kept_by"]]
        told = [text.replace("(an iterator)", "(a memory_iterator)") for text in told]  # as it is called in 3.9
        if "np." in code and not has_numpy:
            skip(name, "no NumPy")
        else:
            same = names.match(told[0]) if told and isinstance(names, re.Pattern) else told == names
            result(found["state"] == state and same, "%s %s it" % (name, "keeps" if names else "has lost"),
                   "%s %s" % (found["state"], told), "%s %s" % (state, names))
    print("1..%d" % COUNT)
    sys.exit(FAILED > 0)


main()

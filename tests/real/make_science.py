"""What SciPy and scikit-learn pickle."""

import pickle

import numpy
import scipy.sparse
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier


def dump(facts, name, value, protocol=4):
    with open(facts.path(name), "wb") as file:
        pickle.dump(value, file, protocol)


def make(facts):
    dense = numpy.array([[0, 1.5, 0], [2.5, 0, 3.5]])
    for protocol in (2, 4, 5):
        for kind in "csr", "csc", "bsr", "dia":
            matrix = getattr(scipy.sparse, kind + "_matrix")(dense)
            name = "%s-%d.pkl" % (kind, protocol)
            dump(facts, name, matrix, protocol)
            parts = ("data", "offsets") if kind == "dia" else ("data", "indices", "indptr")
            for part in parts:
                facts.array(name, part, getattr(matrix, part), in_file=protocol > 2)
        coo = scipy.sparse.coo_array(dense)
        dump(facts, "coo-%d.pkl" % protocol, coo, protocol)
        facts.array("coo-%d.pkl" % protocol, "data", coo.data)
        facts.array("coo-%d.pkl" % protocol, "coords/1", coo.coords[1])
    samples, labels = make_classification(60, 5, random_state=3)
    tree = DecisionTreeClassifier(max_depth=3, random_state=3).fit(samples, labels)
    dump(facts, "tree.pkl", tree)
    state = tree.tree_.__getstate__()
    facts.array("tree.pkl", "tree_/nodes", state["nodes"])
    facts.array("tree.pkl", "tree_/values", state["values"])
    forest = RandomForestClassifier(3, random_state=3).fit(samples, labels)
    dump(facts, "forest.pkl", forest)
    facts.array("forest.pkl", "estimators_/2/tree_/values", forest.estimators_[2].tree_.__getstate__()["values"])
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(samples, labels)
    dump(facts, "pipeline.pkl", pipeline, 2)
    facts.array("pipeline.pkl", "steps/0/1/mean_", pipeline[0].mean_)
    facts.array("pipeline.pkl", "steps/1/1/coef_", pipeline[1].coef_)

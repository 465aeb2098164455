"""The field's vocabulary, as far as the search has to know it: which words mean the same."""

from functools import cache

from sidebyside.dictionary.words import stem

# A group on a line. Two words that make one are written together. No group has a word that means
# something else in it as often: what is found by a synonym counts less, but it counts.
GROUPS = """
accelerator cuda device gpu gpus
add addition plus
append cat concat concatenate join merge
architecture model network net
astype cast convert
augmentation augment
average avg mean
axes axis dim dimension
batchnorm batchnormalization bn
bceloss binarycrossentropy bce
bias biases
bilstm bidirectionallstm
bound clamp clip limit
build create make
category class label
center centre middle
checkpoint snapshot
choose pick select draw
clear reset restart
clone copy duplicate
cnn conv convolution
compile compiler jit
count number
criterion loss objective
crop cut
crossentropy crossentropyloss
custom own
data dataset
datasets data
deactivate disable off without
decode decoder
deconvolution transposedconvolution convtranspose
delete drop remove
derivative grad gradient
deterministic reproducible reproducibility
deviation std
different another separate
directory folder
display print show summary overview
distance dist
divide division quotient
elementwise pairwise
encode encoder
end stop terminate
epsilon eps
evaluate evaluation inference predict
example sample
exponent pow power
export deploy serving
factor coefficient weight
file save
flip mirror reverse
freeze frozen
hidden inside intermediate inner layer
highest largest max maximum
holdout validate validation
image images img photo picture
imbalanced unbalanced rare
index indices
init initialise initialiser start
integer int whole
inverse invert inversion
keep keepdim keepdims
learningrate lr rate
load loader read restore
lowest min minimum smallest
magnitude length norm
matrix matrices
move put send transfer
moving running
multigpu replicas multiple distributed several
multiple several many
multiply multiplication product times
nan notanumber
ndarray numpy array
norm normalise
normalise standardise
occurrence occur frequency
optimiser optim
order sequence
parameter weight param
penalise penalty regularise regularisation
permutation shuffle
permute reorder swap swapaxes transpose exchange
pretrained readymade
probability probabilities
random randomly stochastic
record track
recurrent rnn
repeat tile
replace swap
resize rescale
resume continue
sample sampler
save store write
schedule scheduler
shared tied tie share
single one
split divide partition
subtract subtraction minus difference
sum total
sync synchronise
train training fit
upsample upsampling enlarge upscale
variance var
vectorise vmap
warmup rampup
worker workers
"""
# what is meant if nothing more is said: the words of a question, and the one that goes without
UNSAID = {
    "pytorch tensorflow": "framework",
    "torch tensorflow": "framework",
    "torch tf": "framework",
    "pytorch keras": "framework",
    "clip gradient": "norm",
    "explode gradient": "norm",
    "regularise weight": "penalty",
}


@cache
def synonyms() -> dict[str, frozenset[str]]:
    """Return the stems that mean the same as a stem."""
    found: dict[str, set[str]] = {}
    for line in GROUPS.split("\n"):
        group = {stem(word) for word in line.split()}
        for word in group:
            found.setdefault(word, set()).update(group - {word})
    return {word: frozenset(others) for word, others in found.items()}

"""The field's vocabulary, as far as the search has to know it: which words mean the same."""

from functools import cache

from sidebyside.dictionary.words import stem

# A group on a line. Two words that make one are written together. No group has a word that means
# something else in it as often: what is found by a synonym counts less, but it counts.
GROUPS = """
absolute abs
accelerator cuda device gpu gpus
add addition plus insert
amount share fraction
amp mixedprecision automaticmixedprecision
append cat concat concatenate join merge
architecture model network net
argmax indexmaximum maximumindex
argmin indexminimum minimumindex
astype cast convert
auc rocauc
augmentation augment
average avg mean
axes axis dim dimension
background asynchronous prefetch advance
backpropagation backward backprop
batchnorm batchnormalization bn
bceloss binarycrossentropy bce
bert transformer gpt
bf16 bfloat16
bias biases
bilstm bidirectionallstm
bound clamp clip limit
bucket group
build create make
category class label
ce crossentropy
center centre middle
checkpoint snapshot
choose pick select draw
classification classifier
clear reset restart
clone copy duplicate
cnn conv convolution
combine zip merge
compare comparison equal
compile compiler jit
conditional branch condition
core cpu
correct right accuracy
correlation pearson
count number
criterion loss objective
crop cut
crossentropy crossentropyloss
custom own
cutoff threshold
data dataset
dataloader dataloading
datasets data
ddp distributeddataparallel dataparallel
deactivate disable off without
debug debugging inspect look
decode decoder
deconvolution transposedconvolution convtranspose
delete drop remove
derivative grad gradient
description config configuration
detection detector box
deterministic reproducible reproducibility
deviation std
different another separate
directory folder
display print show summary overview
distance dist
divide division quotient
elementwise pairwise
ema exponentialmovingaverage movingaverage runningaverage
encode encoder
end stop terminate
epsilon eps
evaluate evaluation inference predict
example sample
exclude ignore leave skip without
exponent pow power
export deploy serving
factor coefficient weight
ffn feedforward
file save
flip mirror reverse
fp16 float16 halfprecision
freeze frozen
future lookahead causal autoregressive
gan generativeadversarial
gaussian normal
gn groupnorm groupnormalization
group segment
half halve
hidden inside intermediate inner layer
highest largest max maximum
holdout validate validation
host machine node
image images img photo picture
imbalanced unbalanced rare
index indices
init initial initialise initialiser start
inplace inplaceoperation
integer int whole
inverse invert inversion
iou intersectionoverunion
iterate iteration loop
keep keepdim keepdims
kl kullbackleibler
learningrate lr rate
llm language lm
ln layernorm layernormalization
load loader read restore
lowest min minimum smallest
lr learningrate
mae meanabsoluteerror
magnitude length norm
matrix matrices
metric score measure
mha multiheadattention
minority rare
missing nan
mlp multilayerperceptron
move put send transfer
moving running
mse meansquarederror
multigpu replicas multiple distributed several
multiple several many
multiply multiplication product times
nan notanumber
ndarray numpy array
neighbour nearest
nll negativeloglikelihood likelihood
nlp text
nms nonmaximumsuppression
norm normalise
normalise standardise
occurrence occur frequency
optimiser optim
order sequence
output prediction result
oversample oversampling resample rebalance
parameter weight param
penalise penalty regularise regularisation
percentile quantile
permutation shuffle
permute reorder swap swapaxes transpose exchange
pretrained readymade
probability prob
probability probabilities
process worker
random randomly stochastic
recompile recompilation retrace retracing
record track
recurrent rnn
regularizer regularization
repeat tile
replace swap
resize rescale
resume continue
rmse rootmeansquarederror
root sqrt
rotate rotation turning turn
sample sampler
save store write
schedule scheduler
sdpa scaleddotproductattention scaleddotproduct
several some
sgd stochasticgradientdescent gradientdescent
shared tied tie share
single one
slope alpha
smaller reduce shrink downscale decrease lower
speech audio
split divide partition
subtract subtraction minus difference
sum total
sync synchronise
text string sentence
timestep timesteps step
translate translation seq2seq sequencetosequence
triangle triangular
tril triu triangular
unbiased bessel
upsample upsampling enlarge upscale
vae variationalautoencoder
variance var
vectorise vmap
velocity momentum
video frame
vocab vocabulary
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

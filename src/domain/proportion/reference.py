"""Writes reference.csv: intervals by scipy and statsmodels, which the tests of proportion.rs hold ours against.

  python3 reference.py > reference.csv      needs scipy and statsmodels
"""

import random

from scipy.stats import binomtest
from statsmodels.stats.proportion import confint_proportions_2indep

random.seed(1)
print("a,of_a,b,of_b,wilson_low,wilson_high,newcombe_low,newcombe_high")
cases = [(0, 1, 1, 1), (0, 5, 0, 7), (5, 5, 7, 7), (45, 100, 30, 100), (600, 100_000, 650, 100_000)]
for _ in range(195):
    of_a, of_b = (round(10 ** random.uniform(0, 6)) for _ in range(2))
    share = random.choice([0.001, 0.02, 0.3, 0.5, 0.95])
    near = min(1.0, share * random.choice([1, 1.02, 1.2, 1.5]))
    cases.append((round(of_a * share), of_a, round(of_b * near), of_b))
for a, of_a, b, of_b in cases:
    wilson = binomtest(a, of_a).proportion_ci(0.95, method="wilson")
    low, high = confint_proportions_2indep(a, of_a, b, of_b, method="newcomb", compare="diff", alpha=0.05)
    print(f"{a},{of_a},{b},{of_b},{wilson.low:.12f},{wilson.high:.12f},{low:.12f},{high:.12f}")

"""The function of docs/reward-server.md as verl calls it: by keyword, from many threads at once."""
import json
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, sys.argv[1])
from orz_verl import compute_score


def score(k):
    answer = str(k) if k % 2 == 0 else "no idea"
    return compute_score(data_source="math", solution_str=answer, ground_truth=str(k), extra_info={"split": "train"})


with ThreadPoolExecutor(32) as pool:
    print("RESULT " + json.dumps(list(pool.map(score, range(64)))))

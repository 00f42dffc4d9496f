// The race's process of llama.cpp. Reads requests as lines of words, answers each with one line of JSON:
//     score  MODEL PROMPT_LENGTH TOKEN...                               log-probabilities of the tokens after the prompt
//     sample MODEL RESPONSE_LENGTH COUNT PROMPTS PROMPT_LENGTH TOKEN... COUNT responses to each prompt, temperature 1
// One thread, f32 weights and f32 caches. A prompt is computed once for all of its responses.
#include <llama.h>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using Tokens = std::vector<llama_token>;

static const int batch_tokens = 2048;
static std::mt19937 generator(1);

struct Model {
    llama_model *model;
    int vocabulary;
    explicit Model(const std::string &path) {
        model = llama_model_load_from_file(path.c_str(), llama_model_default_params());
        if (!model) throw std::runtime_error("cannot load " + path);
        vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));
    }
    ~Model() { llama_model_free(model); }
};

// A context for so many sequences of so many tokens, and the batch that is filled and decoded again and again.
struct Context {
    llama_context *context;
    llama_batch batch;
    Context(const Model &m, int sequences, int length) {
        auto settings = llama_context_default_params();
        settings.n_seq_max = sequences;
        settings.n_ctx = sequences * ((length + 31) / 32 * 32);
        settings.n_batch = batch_tokens;
        settings.n_threads = settings.n_threads_batch = 1;
        settings.type_k = settings.type_v = GGML_TYPE_F32;
        settings.kv_unified = false;
        settings.no_perf = true;
        context = llama_init_from_model(m.model, settings);
        if (!context) throw std::runtime_error("cannot make a context");
        batch = llama_batch_init(batch_tokens, 0, 1);
    }
    ~Context() {
        llama_batch_free(batch);
        llama_free(context);
    }
    void add(llama_token token, int position, int sequence, bool logits) {
        int i = batch.n_tokens++;
        batch.token[i] = token;
        batch.pos[i] = position;
        batch.n_seq_id[i] = 1;
        batch.seq_id[i][0] = sequence;
        batch.logits[i] = logits;
    }
    void decode() {
        if (batch.n_tokens > 0 && llama_decode(context, batch) != 0) throw std::runtime_error("decoding failed");
        batch.n_tokens = 0;
    }
};

static std::string score(const Model &m, int prompt_length, const Tokens &tokens) {
    Context c(m, 1, tokens.size());
    c.batch.n_tokens = 0;
    for (size_t i = 0; i + 1 < tokens.size(); i++) c.add(tokens[i], i, 0, true);
    c.decode();
    std::ostringstream found;
    found.precision(9);
    for (size_t i = prompt_length; i < tokens.size(); i++) {
        const float *logits = llama_get_logits_ith(c.context, i - 1);
        double sum = 0;
        for (int t = 0; t < m.vocabulary; t++) sum += std::exp((double)logits[t]);
        found << (found.tellp() > 0 ? ", " : "") << logits[tokens[i]] - std::log(sum);
    }
    return "{\"logprobs\": [" + found.str() + "]";
}

static llama_token draw(const float *logits, std::vector<double> &weights) {
    float top = logits[0];
    for (size_t t = 1; t < weights.size(); t++) top = std::max(top, logits[t]);
    double sum = 0;
    for (size_t t = 0; t < weights.size(); t++) sum += weights[t] = std::exp(logits[t] - top);
    double left = std::uniform_real_distribution<>(0, sum)(generator);
    size_t t = 0;
    while (t + 1 < weights.size() && (left -= weights[t]) >= 0) t++;
    return t;
}

static std::string sample(const Model &m, Context &c, const std::vector<Tokens> &prompts, int count, int response_length) {
    auto start = std::chrono::steady_clock::now();
    int length = prompts[0].size(), sequences = prompts.size() * count;
    auto memory = llama_get_memory(c.context);
    llama_memory_clear(memory, false);
    c.batch.n_tokens = 0;
    for (size_t p = 0; p < prompts.size(); p++) {
        if (c.batch.n_tokens + length > batch_tokens) c.decode();
        for (int i = 0; i + 1 < length; i++) c.add(prompts[p][i], i, p * count, false);
    }
    c.decode();
    std::vector<llama_token> last(sequences);
    for (int s = 0; s < sequences; s++) {
        last[s] = prompts[s / count].back();
        if (s % count) llama_memory_seq_cp(memory, s / count * count, s, -1, -1);
    }
    std::vector<double> weights(m.vocabulary);
    for (int r = 0; r < response_length; r++) {
        for (int s = 0; s < sequences; s++) c.add(last[s], length - 1 + r, s, true);
        c.decode();
        for (int s = 0; s < sequences; s++) last[s] = draw(llama_get_logits_ith(c.context, s), weights);
    }
    std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    return "{\"seconds\": " + std::to_string(seconds.count()) + ", \"tokens\": " + std::to_string(sequences * response_length);
}

int main() {
    llama_log_set([](ggml_log_level level, const char *text, void *) { if (level >= GGML_LOG_LEVEL_ERROR) fputs(text, stderr); }, nullptr);
    llama_backend_init();
    std::string line, open_path, open_sizes;
    std::unique_ptr<Model> model;
    std::unique_ptr<Context> context;
    while (std::getline(std::cin, line)) {
        std::istringstream words(line);
        std::string command, path;
        words >> command >> path;
        std::clock_t before = std::clock();
        std::string answer;
        try {
            if (path != open_path) {
                context.reset();
                open_sizes.clear();
                model.reset();
                model.reset(new Model(path));
                open_path = path;
            }
            int response_length = 0, count = 1, prompts = 1, prompt_length;
            if (command == "sample") words >> response_length >> count >> prompts;
            words >> prompt_length;
            Tokens tokens;
            for (llama_token t; words >> t;) tokens.push_back(t);
            if (command == "score") {
                answer = score(*model, prompt_length, tokens);
            } else {
                std::vector<Tokens> rows;
                for (int p = 0; p < prompts; p++) rows.emplace_back(tokens.begin() + p * prompt_length, tokens.begin() + (p + 1) * prompt_length);
                std::string sizes = std::to_string(prompts * count) + " " + std::to_string(prompt_length + response_length);
                if (sizes != open_sizes) {
                    context.reset();
                    context.reset(new Context(*model, prompts * count, prompt_length + response_length));
                    open_sizes = sizes;
                }
                answer = sample(*model, *context, rows, count, response_length);
            }
        } catch (const std::exception &error) {
            answer = std::string("{\"error\": \"") + error.what() + "\"";
        }
        std::cout << answer << ", \"cpu\": " << double(std::clock() - before) / CLOCKS_PER_SEC << "}" << std::endl;
    }
    context.reset();
    model.reset();
    llama_backend_free();
}

# The R package forecast on the series of bench/forecast/public. Arguments: file of histories, file of what came, period of the season,
# every how many series, file of the scores by `auto`. Prints mean MASE, sMAPE and coverage of 95 % intervals of automatic ets() and thetaf(),
# and their differences from `auto` with standard errors over the series. MC_CORES: how many processes.
library(forecast)
library(parallel)
arguments <- commandArgs(trailingOnly = TRUE)
read <- function(file) {
    rows <- read.csv(file, header = TRUE, row.names = 1)
    lapply(split(as.matrix(rows), row(rows)), function(row) row[!is.na(row)])
}
histories <- read(arguments[1])
futures <- read(arguments[2])
period <- as.integer(arguments[3])
chosen <- seq(1, length(histories), by = as.integer(arguments[4]))
score <- function(outlook, history, future) {
    scale <- mean(abs(diff(history)))
    mean <- pmax(as.numeric(outlook$mean), 0)
    c(mase = mean(abs(future - mean)) / scale, smape = 200 * mean(abs(future - mean) / (abs(future) + abs(mean))),
      held = mean(future >= outlook$lower[, 1] & future <= outlook$upper[, 1]))
}
scores <- mclapply(chosen, function(i) {
    history <- ts(histories[[i]], frequency = period)
    horizon <- length(futures[[i]])
    list(ets = score(forecast(ets(history), h = horizon, level = 95), histories[[i]], futures[[i]]),
         thetaf = score(thetaf(history, h = horizon, level = 95), histories[[i]], futures[[i]]))
})
results <- lapply(c(ets = "ets", thetaf = "thetaf"), function(name) do.call(rbind, lapply(scores, `[[`, name)))
by_auto <- read.csv(arguments[5])
for (name in names(results)) {
    means <- colMeans(results[[name]])
    less <- as.matrix(by_auto)[, c("mase", "smape")] - results[[name]][, c("mase", "smape")]
    errors <- apply(less, 2, sd) / sqrt(nrow(less))
    cat(sprintf("| R %s, period %d | %.4f | %.3f | %.3f | %.4f ± %.4f | %.3f ± %.3f |\n", name, period, means["mase"], means["smape"],
                means["held"], mean(less[, "mase"]), errors["mase"], mean(less[, "smape"]), errors["smape"]))
}

# Public daily series as files of the M4 competition's form, for bench/forecast/public. Arguments: folder with data of R packages, folder for
# the files. From TSPred (data/NN5.A.rda and NN5.A.cont.rda): nn5_histories.csv, 735 days of 111 cash machines, and nn5_futures.csv, the 56
# days after; unknown days are replaced by the median of their weekday in the history. From timetk (data/m4_daily.rda): four daily series of
# the M4 competition, each from six origins, 14 days ahead by the last 735 days: m4_daily_histories.csv and m4_daily_futures.csv.
arguments <- commandArgs(trailingOnly = TRUE)
read <- function(name) {
    place <- new.env()
    load(file.path(arguments[1], paste0(name, ".rda")), place)
    place[[name]]
}
# A list of numbers by name: a row each, as long as the longest.
write_series <- function(series, name) {
    longest <- max(lengths(series))
    rows <- t(sapply(series, function(x) c(x, rep(NA, longest - length(x)))))
    write.csv(rows, file.path(arguments[2], name), na = "")
}

histories <- lapply(read("NN5.A"), function(x) {
    weekday <- seq_along(x) %% 7
    medians <- ave(x, weekday, FUN = function(day) median(day, na.rm = TRUE))
    ifelse(is.na(x), medians, x)
})
write_series(histories, "nn5_histories.csv")
write_series(as.list(read("NN5.A.cont")), "nn5_futures.csv")

m4 <- read("m4_daily")
histories <- futures <- list()
for (id in unique(as.character(m4$id))) {
    x <- m4$value[m4$id == id]
    for (origin in 1:6) {
        end <- length(x) - 14 * origin
        name <- paste(id, origin)
        histories[[name]] <- x[max(1, end - 734):end]
        futures[[name]] <- x[end + 1:14]
    }
}
write_series(histories, "m4_daily_histories.csv")
write_series(futures, "m4_daily_futures.csv")

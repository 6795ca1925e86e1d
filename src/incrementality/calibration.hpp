/**
 * What an experiment says of credit that a model gave: the factor from what is attributed to what was caused.
 *
 * Before there is a test the factor is 1, give or take a deviation. A test that measured l with error s beside attributed m says l / m, with error
 * s / m; both are weighed by their precision, that of the test halved with each half-life of its age. What would be negative is 0.
 */
#pragma once

namespace marketing::incrementality {

struct Measurement {
    double attributed;  // > 0
    double measured;    // what the test says was caused, in the same period
    double low;         // its interval
    double high;
    double confidence = 0.9;
    double age_days = 0;
};

struct CalibrationPrior {
    double half_life_days = 90;
    double deviation = 1;
};

struct Factor {
    double factor;
    double low;  // at the confidence of the measurement
    double high;
    double weight;  // of the test, against what was thought before, 0 to 1
};

/** Throws Error(invalid_parameter) for an interval that does not hold the measured value, and for shares, times and deviations out of range. */
[[nodiscard]] Factor calibration_factor(const Measurement& test, const CalibrationPrior& prior = {});

}  // namespace marketing::incrementality

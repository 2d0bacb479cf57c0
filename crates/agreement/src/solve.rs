//! Linear equations, as few as there are candidates.

/// The inverse of a symmetric, positive definite matrix, by Gauss and Jordan with the largest pivot. `None` where there is none.
pub(crate) fn inverse(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let size = matrix.len();
    let mut rows: Vec<Vec<f64>> = matrix
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let unit = (0..size).map(|column| f64::from(u8::from(column == index)));
            row.iter().copied().chain(unit).collect()
        })
        .collect();
    for column in 0..size {
        let pivot = (column..size).max_by(|left, right| {
            rows[*left][column]
                .abs()
                .total_cmp(&rows[*right][column].abs())
        })?;
        rows.swap(column, pivot);
        let lead = rows[column][column];
        if lead.abs() < 1e-12 {
            return None;
        }
        for value in &mut rows[column] {
            *value /= lead;
        }
        let own = rows[column].clone();
        for (index, row) in rows.iter_mut().enumerate() {
            let times = row[column];
            if index != column {
                for (value, of_lead) in row.iter_mut().zip(&own) {
                    *value -= times * of_lead;
                }
            }
        }
    }
    Some(rows.into_iter().map(|row| row[size..].to_vec()).collect())
}

/// A matrix times a vector.
pub(crate) fn times(matrix: &[Vec<f64>], vector: &[f64]) -> Vec<f64> {
    let row = |row: &Vec<f64>| {
        row.iter()
            .zip(vector)
            .map(|(left, right)| left * right)
            .sum()
    };
    matrix.iter().map(row).collect()
}

//! Multi-row `INSERT … VALUES`: one statement for many rows, at a few hundred nanoseconds a row.

use sqlx::AssertSqlSafe;

/// Placeholders that one statement may hold (SQLite's `SQLITE_MAX_VARIABLE_NUMBER` is 32,766); fewer rows a statement
/// keep it small enough to stay in the statement cache.
const MAX_PLACEHOLDERS: usize = 4_000;

/// How many rows of `columns` columns go into one statement.
pub const fn rows_per_statement(columns: usize) -> usize {
    MAX_PLACEHOLDERS / columns
}

/// `head VALUES (?,…),(?,…) tail`, with `rows` groups of `columns` placeholders. Only static text and question marks.
pub fn values(head: &'static str, columns: usize, rows: usize, tail: &'static str) -> AssertSqlSafe<String> {
    let group_bytes = 2 * columns + 2;
    let mut sql = String::with_capacity(head.len() + tail.len() + 10 + rows * group_bytes);
    sql.push_str(head);
    sql.push_str(" VALUES ");
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ",(" });
        for column in 0..columns {
            sql.push_str(if column == 0 { "?" } else { ",?" });
        }
        sql.push(')');
    }
    sql.push(' ');
    sql.push_str(tail);
    AssertSqlSafe(sql)
}

/// Like [`values`], with the text of one group of placeholders and literals.
pub fn groups(head: &'static str, group: &'static str, rows: usize) -> AssertSqlSafe<String> {
    let mut sql = String::with_capacity(head.len() + 8 + rows * (group.len() + 1));
    sql.push_str(head);
    sql.push_str(" VALUES ");
    for row in 0..rows {
        if row > 0 {
            sql.push(',');
        }
        sql.push_str(group);
    }
    AssertSqlSafe(sql)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_placeholders_out() {
        let AssertSqlSafe(sql) = values("INSERT INTO t", 2, 3, "ON CONFLICT DO NOTHING");
        assert_eq!(sql, "INSERT INTO t VALUES (?,?),(?,?),(?,?) ON CONFLICT DO NOTHING");
        let AssertSqlSafe(sql) = groups("INSERT INTO t", "(?, 0)", 2);
        assert_eq!(sql, "INSERT INTO t VALUES (?, 0),(?, 0)");
    }
}

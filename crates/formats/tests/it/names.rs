//! Names inside an export.

use muster_formats::names::UniqueNames;

#[test]
fn names_are_safe_and_never_the_same_twice() {
    let mut names = UniqueNames::default();
    for (wanted, expected) in [
        ("a/b.jpg", "a/b.jpg"),
        ("a/b.jpg", "a/b~1.jpg"),
        ("A/B.JPG", "A/B~2.JPG"),
        ("c/b.jpg", "c/b.jpg"),
        ("../../etc/passwd", "etc/passwd"),
        ("/abs\\o:lute?.png", "abs_o_lute_.png"),
        ("..", "picture"),
        ("a-weird Filename.asdf.jpg", "a-weird Filename.asdf.jpg"),
        ("Überblick ☃.jpeg", "Überblick ☃.jpeg"),
        ("a/b~1.jpg", "a/b~1~1.jpg"),
    ] {
        assert_eq!(names.unique(wanted), expected, "{wanted}");
    }
    let long = names.unique(&format!("{}.jpeg2", "ü".repeat(300)));
    assert!(long.len() <= 240 && long.contains(".jpeg2"), "{long}");
}

//! As much of JSON Schema as `docs/schema/pipe-v1.json` speaks. A keyword it does not know fails, so that no rule in the
//! schema goes unchecked; and a field the schema does not name fails, so that no field goes undescribed.

use serde_json::Value;

/// A schema.
pub(super) struct Schema(Value);

impl Schema {
    pub(super) fn parse(text: &str) -> Schema {
        Schema(serde_json::from_str(text).expect("the schema is JSON"))
    }

    /// What is wrong with a value, if anything is.
    pub(super) fn check(&self, value: &Value) -> Result<(), String> {
        self.against(&self.0, value, "$")
    }

    fn against(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let rules = schema.as_object().ok_or(format!("{at}: the schema is no object"))?;
        for (keyword, rule) in rules {
            match keyword.as_str() {
                "$schema" | "$id" | "$defs" | "title" | "description" => {}
                "$ref" => self.against(self.named(rule), value, at)?,
                "oneOf" => self.one_of(rule, value, at)?,
                "const" => check(rule == value, at, "is not", rule)?,
                "enum" => check(list(rule).contains(value), at, "is none of", rule)?,
                "type" => {
                    let types = if rule.is_array() { list(rule) } else { std::slice::from_ref(rule) };
                    check(types.iter().any(|one| is_a(one, value)), at, "is no", rule)?;
                }
                "minimum" => {
                    let enough = value.as_f64().is_none_or(|n| n >= rule.as_f64().expect("a number"));
                    check(enough, at, "is under", rule)?;
                }
                "pattern" => {
                    let fits =
                        value.as_str().is_none_or(|text| matches_class(text, rule.as_str().expect("a text")));
                    check(fits, at, "does not match", rule)?;
                }
                "items" => {
                    for (n, item) in list(value).iter().enumerate() {
                        self.against(rule, item, &format!("{at}[{n}]"))?;
                    }
                }
                "required" => {
                    for name in list(rule) {
                        check(value.get(name.as_str().expect("a name")).is_some(), at, "lacks", name)?;
                    }
                }
                "properties" => {
                    for (name, inner) in value.as_object().into_iter().flatten() {
                        let known = rule.get(name).ok_or(format!("{at}.{name} is not described"))?;
                        self.against(known, inner, &format!("{at}.{name}"))?;
                    }
                }
                other => return Err(format!("{at}: `{other}` is not checked")),
            }
        }
        Ok(())
    }

    fn one_of(&self, rule: &Value, value: &Value, at: &str) -> Result<(), String> {
        let results: Vec<_> = list(rule).iter().map(|one| self.against(one, value, at)).collect();
        match results.iter().filter(|result| result.is_ok()).count() {
            1 => Ok(()),
            0 => Err(format!(
                "{at} fits none: {:#?}",
                results.into_iter().filter_map(Result::err).collect::<Vec<_>>()
            )),
            more => Err(format!("{at} fits {more} at once")),
        }
    }

    fn named(&self, reference: &Value) -> &Value {
        let pointer =
            reference.as_str().and_then(|r| r.strip_prefix('#')).expect("a reference into this schema");
        self.0.pointer(pointer).unwrap_or_else(|| panic!("{pointer} leads nowhere"))
    }

    /// The `type` of each line described.
    pub(super) fn lines(&self) -> Vec<&str> {
        let refs = list(&self.0["oneOf"]).iter();
        refs.map(|line| line["$ref"].as_str().and_then(|r| r.rsplit('/').next()).expect("a reference"))
            .collect()
    }

    /// The values that a field of a line may have.
    pub(super) fn values(&self, line: &str, field: &str) -> Vec<String> {
        let found = list(&self.0["$defs"][line]["properties"][field]["enum"]);
        found.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()
    }
}

fn check(good: bool, at: &str, is: &str, rule: &Value) -> Result<(), String> {
    if good { Ok(()) } else { Err(format!("{at} {is} {rule}")) }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn is_a(kind: &Value, value: &Value) -> bool {
    match kind.as_str().expect("a type") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_u64() || value.is_i64(),
        other => panic!("the type {other} is not checked"),
    }
}

/// Patterns of the one form used: `^[class]{least,most}$`.
fn matches_class(text: &str, pattern: &str) -> bool {
    let inner =
        pattern.strip_prefix("^[").and_then(|p| p.strip_suffix("}$")).expect("a pattern of the one form");
    let (class, count) = inner.split_once("]{").expect("a class and a count");
    let (least, most) = count.split_once(',').unwrap_or((count, count));
    let class: Vec<char> = class.chars().collect();
    let mut ranges: Vec<(char, char)> = Vec::new();
    let mut at = 0;
    while at < class.len() {
        let to = if class.get(at + 1) == Some(&'-') { at + 2 } else { at };
        ranges.push((class[at], class[to]));
        at = to + 1;
    }
    let length: usize = text.chars().count();
    text.chars().all(|c| ranges.iter().any(|&(from, to)| (from..=to).contains(&c)))
        && (least.parse().expect("a number")..=most.parse().expect("a number")).contains(&length)
}

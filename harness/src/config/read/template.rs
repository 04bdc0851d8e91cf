//! Recognises the template language of a file that is no XML (yet).

/// The language that a text looks to be written in.
pub(super) fn language(text: &str) -> Option<&'static str> {
    let has = |part: &str| text.contains(part);
    if has("<%") {
        return Some(if has("<%=") && (has("@") || has("node[")) || has("-%>") || has(" do |") {
            "ERB"
        } else {
            "ERB or Groovy"
        });
    }
    if has("{%") {
        return Some("Jinja");
    }
    if has("{{") {
        let helm = [".Values", "include \"", "toYaml", ".Release"];
        let go = ["{{ .", "{{.", "{{- if", "{{ if", "{{range", "{{- range", "{{ range", "{{ end", "{{- end", "getv "];
        return Some(match () {
            () if helm.iter().any(|part| has(part)) => "Helm",
            () if go.iter().any(|part| has(part)) => "Go",
            () => "Jinja, Mustache or Go",
        });
    }
    if has("<#if") || has("<#list") || has("<#assign") {
        return Some("FreeMarker");
    }
    if text
        .lines()
        .any(|line| ["#if(", "#if (", "#foreach", "#set("].iter().any(|word| line.trim_start().starts_with(word)))
    {
        return Some("Velocity");
    }
    None
}

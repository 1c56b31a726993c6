"""Columns in groups, and what they are called: in legends (LABELS) and in a table (SENTENCES). Nothing is imported."""

DIVERGENCES = ["kl", "reverse_kl", "chi2", "hellinger2", "js", "tv", "renyi"]
FROM_REST = ["kl_p_pi", "kl_q_pi"]
FISHER = ["fisher_rel", "fisher_p", "fisher_q"]
PRODUCTION = ["production", "production_adiabatic", "production_nonadiabatic"]
LABELS = {
    "kl": "KL(p|q)",
    "reverse_kl": "KL(q|p)",
    "chi2": "χ²",
    "hellinger2": "Hellinger²",
    "js": "Jensen–Shannon",
    "tv": "total variation",
    "renyi": "Rényi",
    "kl_p_pi": "KL(p|π)",
    "kl_q_pi": "KL(q|π)",
    "fisher_rel": "I_rel(p|q)",
    "fisher_p": "I(p)",
    "fisher_q": "I(q)",
    "production": "total",
    "production_adiabatic": "adiabatic",
    "production_nonadiabatic": "non-adiabatic",
}
SENTENCES = LABELS | {
    "entropy_p": "entropy of p",
    "entropy_q": "entropy of q",
    "fisher_rel": "relative Fisher information",
    "free_energy": "free energy of p",
    "energy": "energy of p",
    "energy_internal": "its internal part",
    "energy_potential": "its potential part",
    "energy_interaction": "its interaction part",
    "energy_q": "energy of q",
    "dissipation": "dissipation of p",
    "second_moment": "second moment of p",
    "min_p": "smallest value of p",
    "production": "entropy production",
    "heat_rate": "heat to the bath",
    "work_rate": "work done on p",
    "mass_p": "mass of p",
    "entropy": "entropy of p",
    "tempering_entropy": "what tempering adds to it",
    "entropy_new": "entropy in new coordinates",
    "tempering_entropy_new": "what tempering adds to it",
    "tempering_difference": "more than in the box",
    "riemannian_entropy": "entropy per Riemannian volume",
}

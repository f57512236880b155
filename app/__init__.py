"""The officer triage app: Streamlit pages over what `risk` computes."""

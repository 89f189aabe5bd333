"""The exam trainer: a bank of questions, oracles that prove their keys, practice and exams."""

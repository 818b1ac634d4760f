"""Find a look: styles at strengths and scales, painted on test clips, scored, laid side by side.

styles, strengths, scales, clips -> jobs -> figures and pictures -> discover.json -> one page
"""
